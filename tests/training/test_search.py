"""The search: what is finished is never computed again, and nothing depends on the order."""

from dataclasses import replace
from pathlib import Path

import pytest

from model.artefact import code_hash
from model.labelled import LabelledNarrative
from training import search as searching
from training.corpus import NARRATIVES, read_corpus
from training.folds import Fold, compute
from training.search import recall_at, search

SPACE = """
folds = 2
most_rows = 180
[space]
"head.C" = [10.0, 30.0]
"""


@pytest.fixture(scope="module")
def rows() -> list[LabelledNarrative]:
    return [row for n in range(1, 7) for row in read_corpus([NARRATIVES / f"a0{n}.jsonl"])[:30]]


def test_a_search_that_was_cut_short_goes_on_where_it_stopped(
    rows: list[LabelledNarrative], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "space.toml").write_text(SPACE)
    groups = [row.author for row in rows]
    computed: list[Path] = []
    run = searching.compute

    def counting(task: Fold) -> object:
        if len(computed) == 3:
            raise KeyboardInterrupt
        computed.append(task.path)
        return run(task)

    monkeypatch.setattr(searching, "compute", counting)
    arguments = (rows, groups, tmp_path / "kept", 7, 1)
    with pytest.raises(KeyboardInterrupt):
        search(*arguments, space=tmp_path / "space.toml")
    assert len(computed) == 3 and not list((tmp_path / "kept").glob("*.jsonl"))
    computed.clear()
    told: list[tuple[int, int]] = []
    found = search(*arguments, progress=lambda done, of: told.append((done, of)), space=tmp_path / "space.toml")
    assert len(computed) == 1 and told[0] == (3, 4) and told[-1] == (4, 4)
    computed.clear()
    assert search(*arguments, space=tmp_path / "space.toml") == found and not computed
    assert {c.changed["head.C"] for c in found} == {10.0, 30.0}
    assert (found[0].recall, -found[0].loss) >= (found[1].recall, -found[1].loss)


def test_recall_at_two_per_cent_unsafe_flags() -> None:
    import numpy as np

    scores = np.array([*np.linspace(0, 1, 100), 0.99, 0.985, 0.5])
    police = np.arange(103) < 100
    assert recall_at(scores, ~police, police) == pytest.approx(2 / 3)
    assert recall_at(scores, ~police, police, unsafe=0.5) == pytest.approx(1.0)


def test_a_worker_with_other_code_or_without_the_rows_says_so(tmp_path: Path) -> None:
    other = Fold({}, (0,), (1,), tmp_path / "fold.npz", tmp_path / "rows.jsonl", "another")
    assert (error := compute(other)) and error.code == "code-mismatch"
    assert (error := compute(replace(other, code=code_hash()))) and error.code == "artefact-missing"
    (tmp_path / "rows.jsonl").write_text("[a secret")
    assert (error := compute(replace(other, code=code_hash()))) and error.code == "internal-error"
    assert "secret" not in error.detail
