"""A force's own rows: every problem with its place, no row dropped, any of four formats."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from rich.console import Console

from model.errors import DataError
from model.factors import FACTORS
from training.faults import check_share, fault_table, write_faults
from training.intake import take_in
from training.mapping import read_mapping

SECRET = "hearing voices in Acacia Avenue"
MAPPING = """
[columns]
id = "URN"
text = "Log"
mental_health = "MH"
date = "Opened"
person = "Nominal"

[values.mental_health]
"MH tag" = true
"none" = false
"""


def own(**changes: Any) -> dict[str, Any]:
    row = {"id": "r1", "text": SECRET, **dict.fromkeys(FACTORS, False), "mental_health": True}
    return {**row, **changes}


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def theirs(number: int, mh: Any = "MH tag") -> dict[str, Any]:
    return {
        "URN": f"u{number}", "Log": f"{SECRET} {number}", "MH": mh, "immediate_risk": "no", "crime": "N",
        "police_duty": 0, "Opened": "03/02/2026 14:05", "Nominal": 77, "Beat": "K2",
    }  # fmt: skip


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".xlsx":
        book = Workbook()
        for values in (list(rows[0]), *(list(row.values()) for row in rows)):
            book.active.append(values)
        book.save(path)
    elif path.suffix == ".parquet":
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        lines(path, *rows)
    return path


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".jsonl"])
def test_a_mapping_file_reads_the_same_rows_from_every_format(tmp_path: Path, ending: str) -> None:
    (tmp_path / "mapping.toml").write_text(MAPPING)
    path = written(tmp_path / f"calls{ending}", [theirs(1), theirs(2, "none")])
    intake = take_in([path], read_mapping(tmp_path / "mapping.toml"))
    assert not intake.faults
    assert [e.narrative.mental_health for e in intake.examples] == [True, False]
    assert {e.day for e in intake.examples} == {date(2026, 2, 3)}
    assert {e.keys["person"] for e in intake.examples} == {"77"}
    assert intake.unused == {str(path): ["Beat"]}


def test_all_problems_are_listed_at_once_and_no_row_is_lost(tmp_path: Path) -> None:
    rows = [
        own(),
        own(id="r2", crime="perhaps", style="shouted"),
        own(id="r1"),
        own(id="r3", text="  "),
        own(id="r4", date="last week"),
        {"id": "r5", "text": SECRET},
        own(id="r6", provenance={"blind": "maybe"}),
    ]
    path = lines(tmp_path / "own.jsonl", *rows)
    path.write_text(path.read_text() + "{broken\n")
    intake = take_in([path], read_mapping())
    assert [e.narrative.id for e in intake.examples] == ["r1"]
    found = {(f.line, f.field) for f in intake.faults}
    assert {(2, "crime"), (2, "style"), (3, "id"), (4, "text"), (5, "date"), (7, "provenance"), (8, "row")} <= found
    assert {(6, factor) for factor in FACTORS} <= found
    assert len(intake.set_aside) == 7
    write_faults(intake, tmp_path)
    listed = (tmp_path / "faults.csv").read_text()
    assert "Acacia" not in listed
    assert len(list(csv.DictReader(listed.splitlines()))) == len(intake.faults)
    assert (tmp_path / "set-aside.jsonl").read_text().count("\n") == 7
    assert json.loads((tmp_path / "set-aside.jsonl").read_text().splitlines()[0])["fields"]["crime"] == "perhaps"
    shown = Console(width=500, file=io.StringIO(), record=True)
    shown.print(fault_table(intake.faults))
    assert "[values] of a mapping file" in shown.export_text()


def test_a_file_with_half_of_its_rows_broken_stops_the_run(tmp_path: Path) -> None:
    path = lines(tmp_path / "own.jsonl", *(own(id=f"r{n}", crime=None if n % 2 else False) for n in range(20)))
    intake = take_in([path], read_mapping())
    assert intake.share_faulty == 0.5
    with pytest.raises(DataError, match=r"10 of 20 rows have problems") as raised:
        check_share(intake, 0.05)
    assert raised.value.code == "rows-invalid" and "Acacia" not in raised.value.detail


def test_review_exports_keep_what_they_say_of_themselves(tmp_path: Path) -> None:
    path = lines(tmp_path / "d.jsonl", own(provenance={"blind": True, "readers": 2, "decided": "2026-02-02"}))
    (example,) = take_in([path], read_mapping()).examples
    assert (example.blind, example.readers) == (True, 2)


def test_a_mapping_for_a_field_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text('[columns]\nmental_helath = "MH"\n')
    with pytest.raises(DataError, match="mental_helath") as raised:
        read_mapping(tmp_path / "m.toml")
    assert raised.value.code == "mapping-invalid"


def test_a_missing_column_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"`Log`.*--mapping"):
        take_in([written(tmp_path / "calls.csv", [theirs(1)])], read_mapping())


CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))
FIELDS = st.sampled_from([*FACTORS, "id", "text", "style", "round", "date", "provenance"])


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(FIELDS, CELLS))
def test_every_row_is_taken_or_set_aside_with_a_reason(tmp_path_factory: pytest.TempPathFactory, row: Any) -> None:
    path = lines(tmp_path_factory.mktemp("rows") / "own.jsonl", own(), {**own(id="other"), **row})
    intake = take_in([path], read_mapping())
    assert len(intake.examples) + len(intake.set_aside) == 2
    assert {a["row"] for a in intake.set_aside} == {f.line for f in intake.faults}
