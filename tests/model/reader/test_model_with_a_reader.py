"""A model with a reader: one estimator, one artefact, one rule."""

import json
import math
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from model.artefact import load, read_manifest, save
from model.errors import ArtefactError
from model.factors import FACTORS
from model.narrative import Narrative
from model.reader.clauses import FEWEST_PARTS, MOST_PARTS, _parts
from model.reader.encoder import Reader
from model.score import Score
from model.scorer import Scorer
from training.corpus import NARRATIVES, read_corpus
from training.fitting import Beside, fit
from training.shipping import holds
from training.splits import read_splits
from training.thresholds import provisional

TEXT = "Mum says he hears voices and has not slept. Calm, no threats. Crisis team on the way."


@pytest.fixture(scope="module")
def folder(tiny_reader: Reader, tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows, splits = read_corpus([NARRATIVES]), read_splits()
    of = {name: [r for r in rows if r.author == name][:120] for name in (*sorted(splits.training)[:4], "c01", "c02")}
    first, second, third, fourth, *calibrating = of.values()
    beside = Beside(tiny_reader, fourth)
    calibration = [row for rows in calibrating for row in rows]
    classifier = fit([*first, *second, *third], calibration, beside=beside)
    scores = classifier.judge([row.text for row in calibration]).composed
    only = np.array([row.mental_health_only for row in calibration])
    thresholds = provisional(scores, only, np.array([row.needs_police for row in calibration]), bar=0.2)
    made = tmp_path_factory.mktemp("models") / "with-reader"
    save(classifier, thresholds, made, data={"sha256": "tests"}, figures={}, created="2026-01-01T00:00:00Z")
    return made


@pytest.fixture(scope="module")
def with_reader(folder: Path) -> Scorer:
    return load(folder)


def test_weights_and_rest_still_add_up_to_the_logit(with_reader: Scorer) -> None:
    narrative = Narrative.of(TEXT)
    score = with_reader.score(narrative)
    logits = with_reader.classifier.judge([narrative]).logits[0]
    for k, factor in enumerate(FACTORS):
        shown = sum(r.weight for r in score.reasons if r.factor == factor)
        assert math.isclose(shown + score.rest[factor], logits[k], abs_tol=1e-3)


def test_alone_or_among_others_the_answer_is_the_same(with_reader: Scorer) -> None:
    texts = [Narrative.of(t) for t in (TEXT, "Shop alarm, door kicked in", "x" * 3000, TEXT.upper())]
    together = with_reader.score_many(texts)
    assert [with_reader.score(t) for t in texts] == together


def test_strong_disagreement_is_for_review_and_counts_in_the_certificate(with_reader: Scorer) -> None:
    classifier = with_reader.classifier
    kept = classifier.combination_
    classifier.combination_ = replace(kept, most_apart=-1.0)
    try:
        score: Score = with_reader.score(Narrative.of(TEXT))
        held = holds(classifier, classifier.judge([TEXT]))
    finally:
        classifier.combination_ = kept
    assert score.decision == "review"
    assert [b.code for b in score.because] == ["readers-disagree"]
    assert held == [("readers-disagree",)]


def test_each_clause_is_left_out_in_turn(with_reader: Scorer) -> None:
    narrative = Narrative.of(TEXT)
    shares = with_reader.classifier.combination_.shares
    found = with_reader.left_out(narrative)
    assert all(TEXT[c.start : c.end] == c.text for c in found)
    assert [abs(c.change) for c in found] == sorted((abs(c.change) for c in found), reverse=True)
    assert bool(found) or np.abs(shares).max() < 0.2
    assert with_reader.left_out(Narrative.of("crying")) == (), "nothing is left of one clause without it"


def test_short_clauses_go_together_so_that_few_versions_are_read() -> None:
    assert _parts([5, 0, 5]) == [range(0, 1), range(2, 3)], "a clause without words is no part"
    assert _parts([9, 1, 1, 9, 9, 9, 9]) == [range(at, at + 1 + (at == 1)) for at in (0, 1, 3, 4, 5, 6)]
    assert len(_parts([3] * 40)) == FEWEST_PARTS
    assert len(_parts([20] * 400)) == MOST_PARTS
    assert [at for part in _parts([3] * 40) for at in part] == list(range(40))


def test_what_it_says_of_clauses_is_told_only_when_asked(with_reader: Scorer) -> None:
    score = with_reader.score(Narrative.of(TEXT))
    assert "clauses" not in score.as_dict()
    asked = replace(score, left_out=with_reader.left_out(Narrative.of(TEXT)))
    assert json.dumps(asked.as_dict()["clauses"])


def test_the_manifest_names_the_libraries_that_the_reader_needs(folder: Path) -> None:
    assert read_manifest(folder)["libraries"].keys() >= {"onnxruntime", "tokenizers"}


def test_a_model_without_a_reader_needs_none(scorer: Scorer) -> None:
    assert not scorer.manifest["libraries"].keys() & {"onnxruntime", "tokenizers"}
    assert scorer.facts()["reader"] is None
    assert scorer.left_out(Narrative.of(TEXT)) == ()


def test_without_the_extra_the_audit_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = metadata.version

    def version(name: str) -> str:
        if name == "onnxruntime":
            raise metadata.PackageNotFoundError(name)
        return here(name)

    monkeypatch.setattr("model.artefact.library_version", version)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ArtefactError, match="reader-serving") as caught:
        load(folder)
    assert caught.value.code == "reader-missing"
