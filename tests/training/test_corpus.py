"""The reader names every fault with file, line and field, and loses no good row."""

import json
from pathlib import Path
from typing import Any

import pytest

from model.errors import DataError
from model.labelled import ContrastNarrative, LabelledNarrative
from training.corpus import NARRATIVES, read_contrast, read_corpus, read_rows

GOOD: dict[str, Any] = {
    "id": "x-1", "text": "Mum says he hears voices", "mental_health": True, "immediate_risk": False, "crime": False,
    "police_duty": False, "difficulty": "clear", "register": "everyday", "style": "call_taker", "caller": "relative",
    "family": "third-party crisis call", "scenario": "x-s1", "author": "x", "round": 0,
}  # fmt: skip


def write(path: Path, *rows: dict[str, Any] | bytes) -> Path:
    path.write_bytes(b"\n".join(r if isinstance(r, bytes) else json.dumps(r).encode() for r in rows) + b"\n")
    return path


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "  \n"}, "text"),
        ({"text": 7}, "text"),
        ({"text": "a" * 20_001}, "text"),
        ({"mental_health": "yes"}, "mental_health"),
        ({"crime": 1}, "crime"),
        ({"difficulty": "easy"}, "difficulty"),
        ({"register": "loud"}, "register"),
        ({"style": "poem"}, "style"),
        ({"round": -1}, "round"),
        ({"author": ""}, "author"),
        ({"mental_health_only": True}, "mental_health_only"),
    ],
)
def test_a_bad_field_is_named(tmp_path: Path, change: dict[str, Any], field: str) -> None:
    rows, faults = read_rows([write(tmp_path / "a.jsonl", {**GOOD, **change})], LabelledNarrative)
    assert rows == []
    assert [(f.line, f.field) for f in faults] == [(1, field)]


@pytest.mark.parametrize("field", sorted(GOOD))
def test_a_missing_field_is_named(tmp_path: Path, field: str) -> None:
    row = {k: v for k, v in GOOD.items() if k != field}
    _, faults = read_rows([write(tmp_path / "a.jsonl", row)], LabelledNarrative)
    assert [f.field for f in faults] == [field]


def test_every_bad_row_is_reported_and_costs_no_good_one(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        GOOD,
        b"{not json",
        {**GOOD, "id": "x-2", "crime": None, "style": None},
        b'{"id": "\xff"}',
        {**GOOD, "id": "x-3"},
        GOOD,
    )
    rows, faults = read_rows([path], LabelledNarrative)
    assert [r.id for r in rows] == ["x-1", "x-3"]
    assert [(f.line, f.field) for f in faults] == [(2, "line"), (3, "crime"), (3, "style"), (4, "line"), (6, "id")]
    assert all(f.file == str(path) for f in faults)
    with pytest.raises(DataError) as caught:
        read_corpus([path])
    assert caught.value.code == "rows-invalid"
    assert caught.value.detail.count(str(path)) >= 5


def test_a_duplicate_id_in_another_file_is_reported_with_both_places(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", GOOD)
    write(tmp_path / "b.jsonl", GOOD)
    _, faults = read_rows([tmp_path], LabelledNarrative)
    assert len(faults) == 1
    assert "a.jsonl:1" in faults[0].reason
    assert faults[0].file.endswith("b.jsonl")


def test_no_fault_repeats_a_narrative(tmp_path: Path) -> None:
    secret = {**GOOD, "text": "secret words " * 2000, "crime": "secret"}
    _, faults = read_rows([write(tmp_path / "a.jsonl", secret)], LabelledNarrative)
    assert faults
    assert "secret" not in " ".join(str(f) for f in faults)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_corpus([tmp_path / "nothing.jsonl"])
    assert caught.value.code == "file-missing"


def test_contrast_rows_carry_their_group(tmp_path: Path) -> None:
    path = write(tmp_path / "c.jsonl", {**GOOD, "group": "g1", "expects": "base", "capability": "negation"})
    assert read_contrast([path])[0].group == "g1"
    _, faults = read_rows([path], LabelledNarrative)
    assert {f.field for f in faults} == {"group", "expects", "capability"}
    assert issubclass(ContrastNarrative, LabelledNarrative)


def test_the_corpus_covers_every_factor_and_style_with_many_writers() -> None:
    rows = read_corpus([NARRATIVES])
    assert len(rows) >= 600
    assert len({r.author for r in rows}) >= 8
    for factor in ("mental_health", "immediate_risk", "crime", "police_duty", "mental_health_only"):
        assert {getattr(r, factor) for r in rows} == {True, False}
    for style in {r.style for r in rows}:
        assert {r.mental_health_only for r in rows if r.style == style} == {True, False}
