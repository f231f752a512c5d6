"""No split cuts an author or a scenario."""

import json
from pathlib import Path

import pytest

from model.errors import DataError
from training.corpus import NARRATIVES, read_corpus
from training.splits import leave_authors_out, read_splits


def test_parts_share_no_author_and_held_out_families_only_test() -> None:
    splits = read_splits()
    rows = read_corpus([NARRATIVES])
    parts = {row.author: splits.part(row).removesuffix("_unseen_families") for row in rows}
    assert len(set(parts.values())) == 3
    for row in rows:
        assert splits.part(row).removesuffix("_unseen_families") == parts[row.author]
        if row.family in splits.unseen_families:
            assert splits.part(row) == "test_unseen_families"


def test_a_scenario_belongs_to_one_author() -> None:
    owner: dict[str, str] = {}
    for row in read_corpus([NARRATIVES]):
        assert owner.setdefault(row.scenario, row.author) == row.author


def test_folds_share_no_author_and_hold_every_row_out_once() -> None:
    rows = read_corpus([NARRATIVES])
    held_rows: list[int] = []
    for training, calibration, held in leave_authors_out(rows):
        parts = [{rows[i].author for i in part} for part in (training, calibration, held)]
        assert parts[0] and parts[1] and parts[2]
        assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
        held_rows += held
    assert sorted(held_rows) == list(range(len(rows)))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{}", "file-unreadable"),
        ("not json", "file-unreadable"),
        (json.dumps({"training": ["a"], "calibration": ["a"], "test": [], "unseen_families": []}), "rows-invalid"),
    ],
)
def test_bad_splits_are_refused(tmp_path: Path, content: str, code: str) -> None:
    path = tmp_path / "splits.json"
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        read_splits(path)
    assert caught.value.code == code
