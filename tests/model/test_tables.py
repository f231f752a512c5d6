"""Tables are read row by row: what is damaged costs its own row, and nothing is dropped."""

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from model.errors import DataError
from model.narrative import Narrative
from model.score import Because, Score
from model.scoring import FLAT_COLUMNS, flat, score_rows, whole_file, writing
from model.tables import Columns, Row, delimited, excel, lines, open_table
from model.tables import parquet as parquet_reader

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def rows_of(path: Path, text: str = "text", key: str | None = None) -> list[Row]:
    with open_table(path, Columns(text, key)) as table:
        return list(table.rows)


def brief(path: Path, text: str = "text", key: str | None = None) -> list[tuple[Any, Any]]:
    """Each row's id, and its text or the code of its error."""
    return [(row.id, f"[{row.error.code}]" if row.error else row.text) for row in rows_of(path, text, key)]


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, bytes | str], Path]:
    def write(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[[Sequence[Sequence[Any]]], Path]:
    def write(rows: Sequence[Sequence[Any]]) -> Path:
        path = tmp_path / "t.xlsx"
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
        return path

    return write


@pytest.fixture
def parquet_file(tmp_path: Path) -> Callable[..., Path]:
    def write(**columns: Any) -> Path:
        path = tmp_path / "t.parquet"
        parquet.write_table(pa.table(columns), path)
        return path

    return write


# Round trips


def write_csv(path: Path, texts: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["id", "text"], *enumerate(texts)])


def write_jsonl(path: Path, texts: list[str]) -> None:
    path.write_bytes(b"".join(orjson.dumps({"id": str(i), "text": t}) + b"\n" for i, t in enumerate(texts)))


def write_parquet(path: Path, texts: list[str]) -> None:
    parquet.write_table(
        pa.table({"id": [str(i) for i in range(len(texts))], "text": pa.array(texts, pa.string())}), path
    )


@pytest.mark.parametrize(("ending", "write"), [("csv", write_csv), ("jsonl", write_jsonl), ("parquet", write_parquet)])
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.text('",\r\n;\0\t ab'), max_size=8))
def test_texts_come_back_in_order_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, ending: str, write: Callable[[Path, list[str]], None], texts: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / f"round.{ending}"
    write(path, texts)
    assert brief(path) == [(str(i), text) for i, text in enumerate(texts)]


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text('",\r\nab', min_size=1)))
def test_a_csv_of_one_column_comes_back_too(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "one.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["text"], *([t] for t in texts)])
    assert brief(path) == list(enumerate(texts, start=1))


# CSV


@pytest.mark.parametrize(
    "content",
    [
        "id,text\n7,on bridge\n8,safe\n",
        "id,text\r\n7,on bridge\r\n8,safe\r\n",
        "id,text\r7,on bridge\r8,safe",
        "\ufeffid,text\n7,on bridge\n8,safe\n",
        "id;text\n7;on bridge\n8;safe\n",
        "id\ttext\n7\ton bridge\n8\tsafe\n",
        "id|text\n7|on bridge\n8|safe\n",
        '"id", text \n"7",on bridge\n\n\n8,safe\n\n',
        "text,id\non bridge,7\nsafe,8",
        'text,"a, note",id\non bridge,,7\nsafe,,8',
        "text;a, b, c;id\non bridge;;7\nsafe;;8",
    ],
)
def test_the_dialects_of_csv_read_alike(file: Callable[..., Path], content: str) -> None:
    assert brief(file("t.csv", content)) == [("7", "on bridge"), ("8", "safe")]


def test_quoted_newlines_delimiters_and_nul_belong_to_the_text(file: Callable[..., Path]) -> None:
    content = 'id,text\n1,"first\r\nsecond, third"\n2,a\0b\n3,"he said ""no"""\n'
    assert brief(file("t.csv", content)) == [("1", "first\r\nsecond, third"), ("2", "a\0b"), ("3", 'he said "no"')]


def test_ragged_rows_are_errors_of_their_own_and_say_where(file: Callable[..., Path]) -> None:
    path = file("t.csv", 'id,text\n1,"two\nlines"\n2,secret,words\n3\n4,fine\n')
    assert brief(path) == [("1", "two\nlines"), (None, "[row-unreadable]"), (None, "[row-unreadable]"), ("4", "fine")]
    first, second = [row.error.detail for row in rows_of(path) if row.error]
    assert "line 4 has 3 fields where the header has 2" in first
    assert "line 5 has 1 field where" in second
    assert "secret" not in first


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('id,text\n1,"unclosed\n2,fine\n3,safe\n', ["[row-unreadable]", "fine", "safe"]),
        ('id,text\n1,"unclosed\n2,fine\n3,"quoted, text"\n', ["[row-unreadable]", "fine", "quoted, text"]),
        ('id,text\n1,"he" said\n2,fine\n', ["[row-unreadable]", "fine"]),
        ('id,text\n1,fine\n2,"', ["fine", "[row-unreadable]"]),
        ('id,text\n1,6" knife\n2,a "knife"\n', ['6" knife', 'a "knife"']),
    ],
)
def test_a_stray_quotation_mark_costs_no_other_row(
    file: Callable[..., Path], content: str, expected: list[str]
) -> None:
    assert [text for _, text in brief(file("t.csv", content))] == expected


def test_quotation_marks_that_never_pair_up_end_the_reading(
    file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "_MOST_READ_AGAIN", 1000)
    path = file("t.csv", "id,text\n" + 'a" ,"c\n' * 200)
    with pytest.raises(DataError, match=r"do not pair up.*\[file-unreadable\]"):
        rows_of(path)


def test_a_byte_that_is_not_utf8_costs_its_own_row_only(file: Callable[..., Path]) -> None:
    path = file("t.csv", b"id,note,text\n1,,caf\xe9\n2,caf\xe9,fine\ncaf\xe9,,fine\n4,,caf\xc3\xa9\n")
    found = results(path)
    assert [(r["id"], r.get("error", {}).get("code")) for r in found] == [
        ("1", "text-not-utf8"), ("2", None), (None, "text-not-utf8"), ("4", None)
    ]  # fmt: skip


def test_a_megabyte_of_text_is_too_long_and_costs_no_other_row(file: Callable[..., Path]) -> None:
    path = file("t.csv", "id,text\n1," + "x" * 1_000_000 + "\n2,fine\n")
    assert [r.get("error", {}).get("code") for r in results(path)] == ["text-too-long", None]


@pytest.mark.parametrize("quoted", ["", '"'])
def test_a_record_beyond_all_bounds_is_not_held(
    file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, quoted: str
) -> None:
    monkeypatch.setattr(delimited, "LONGEST_RECORD", 1000)
    path = file("t.csv", f"id,text\n1,{quoted}{'x' * 5000}{quoted}\n2,fine\n")
    assert brief(path) == [(None, "[row-unreadable]"), ("2", "fine")]
    assert "longer than 1,000 characters" in str(rows_of(path)[0].error)


@pytest.mark.parametrize("length", range(996, 1004))
def test_the_bound_on_a_record_falls_between_two_rows_and_in_none(
    file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setattr(delimited, "LONGEST_RECORD", 1000)
    for end in ("\n", "\r\n"):
        text = "x" * (length - 2)
        expected = text if length + len(end) <= 1000 else "[row-unreadable]"
        assert [t for _, t in brief(file("t.csv", f"id,text{end}1,{text}{end}2,fine{end}"))] == [expected, "fine"]


def test_an_empty_line_is_an_empty_text_where_there_is_one_column(file: Callable[..., Path]) -> None:
    assert brief(file("t.csv", "text\nfirst\n\nthird\n\n\n")) == [(1, "first"), (2, ""), (3, "third")]


def test_rows_without_an_id_column_get_their_number(file: Callable[..., Path]) -> None:
    assert brief(file("t.csv", "text,x\na,\nb,,\nc,\n")) == [(1, "a"), (2, "[row-unreadable]"), (3, "c")]


def test_ids_need_not_be_unique(file: Callable[..., Path]) -> None:
    assert brief(file("t.csv", "id,text\n1,a\n1,b\n,c\n")) == [("1", "a"), ("1", "b"), ("", "c")]


# Columns


@pytest.mark.parametrize("content", ["ref,log\n7,fine\n", '{"ref": "7", "log": "fine"}\n'])
def test_the_columns_may_have_other_names(file: Callable[..., Path], content: str) -> None:
    path = file("t.csv" if content.startswith("ref") else "t.jsonl", content)
    assert brief(path, "log", "ref") == [("7", "fine")]
    with pytest.raises(DataError, match=r"no column `text`. The columns are: `ref`, `log`.*--text-column.*\[column-mi"):
        rows_of(path)
    with pytest.raises(DataError, match=r"no column `key`. The columns are: `ref`, `log`.*--id-column.*\[column-mi"):
        rows_of(path, "log", "key")


def test_two_columns_of_the_name_are_one_too_many(file: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="2 columns are named `text`"):
        rows_of(file("t.csv", "text,text\na,b\n"))


def test_a_narrative_in_the_place_of_the_header_is_not_repeated(file: Callable[..., Path]) -> None:
    narrative = "Caller says that his neighbour is shouting at the walls again"
    with pytest.raises(DataError) as caught:
        rows_of(file("t.csv", f"1,{narrative}\n"))
    assert "neighbour" not in str(caught.value)
    assert "(a name of 61 characters)" in str(caught.value)


# Files


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_an_empty_file_has_no_column(file: Callable[..., Path], ending: str) -> None:
    with pytest.raises(DataError) as caught:
        rows_of(file(f"t.{ending}", b""))
    assert caught.value.code == ("column-missing" if ending == "csv" else "file-unreadable")


def test_files_without_rows_have_none(file: Callable[..., Path], workbook: Callable[..., Path]) -> None:
    assert rows_of(file("t.csv", "id,text\n")) == []
    assert rows_of(file("t.jsonl", "")) == []
    assert rows_of(workbook([["id", "text"]])) == []
    with pytest.raises(DataError, match="column-missing"):
        rows_of(workbook([]))


@pytest.mark.parametrize("name", ["t.txt", "t", "t.csv.gz", "t.xls"])
def test_an_unknown_ending_is_said_with_those_that_are_known(file: Callable[..., Path], name: str) -> None:
    with pytest.raises(DataError, match=r"\.csv, \.xlsx, \.jsonl, \.parquet, or - .*\[format-unknown\]"):
        rows_of(file(name, "id,text\n"))


def test_endings_may_be_in_capitals(file: Callable[..., Path]) -> None:
    assert brief(file("T.CSV", "text\na\n")) == [(1, "a")]


def test_what_is_not_there_or_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="file-missing"):
        rows_of(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="file-unreadable"):
        rows_of(tmp_path / "folder.csv")


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_utf16_is_named_for_what_it_is(file: Callable[..., Path], ending: str) -> None:
    with pytest.raises(DataError, match="UTF-16"):
        rows_of(file(f"t.{ending}", "id,text\n1,a\n".encode("utf-16")))


# JSON Lines


def test_a_line_that_is_no_json_object_costs_no_other(file: Callable[..., Path]) -> None:
    lines = ['\ufeff{"id": 1, "text": "a"}', '{"id": 2, "text": "b"', "", "[1]", '{"id": NaN, "text": "c"}', "  ",
             '{"id": 3, "text": "d"}\r', '"text"', "[" * 5000, '{"text": "e"}']  # fmt: skip
    found = brief(file("t.jsonl", "\n".join(lines)))
    broken = (None, "[row-unreadable]")
    assert found == [(1, "a"), broken, broken, broken, (3, "d"), broken, broken, (None, "e")]


def test_lines_end_where_json_lines_end(file: Callable[..., Path]) -> None:
    assert brief(file("t.jsonl", '{"id": 1, "text": "a\u2028b\x85c"}\n')) == [(1, "a\u2028b\x85c")]


def test_bytes_that_are_not_utf8_and_half_characters_cost_their_own_row(file: Callable[..., Path]) -> None:
    path = file(
        "t.jsonl",
        b'{"id": "a", "text": "caf\xe9"}\n{"id": "caf\xe9", "text": "x"}\n{"id": "c", "text": "\\ud800"}\n'
        b'{"id": "\\ud800", "text": "x"}\n{"id": "e", "text": "fine", "note": "caf\xe9"}\n',
    )
    assert [(r["id"], r.get("error", {}).get("code")) for r in results(path)] == [
        ("a", "text-not-utf8"), (None, "text-not-utf8"), ("c", "text-not-utf8"), (None, "id-invalid"), ("e", None)
    ]  # fmt: skip


def test_rows_of_json_without_any_id_get_their_number(file: Callable[..., Path]) -> None:
    assert brief(file("t.jsonl", '{"text": "a"}\n{"text": "b"\n{"text": "c"}\n')) == [
        (1, "a"), (2, "[row-unreadable]"), (3, "c")
    ]  # fmt: skip


def test_a_row_of_json_without_an_id_that_others_have_has_none(file: Callable[..., Path]) -> None:
    assert brief(file("t.jsonl", '{"text": "a"}\n{"text": "b", "id": "x"}\n{"text": "c", "id": null}\n')) == [
        (None, "a"), ("x", "b"), (None, "c")
    ]  # fmt: skip


def test_text_that_is_no_string_is_an_error_of_its_row(file: Callable[..., Path]) -> None:
    texts = ["1", "1.5", "true", "[]", "{}", "null", '""', '"fine"']
    path = file("t.jsonl", "\n".join(f'{{"id": {i}, "text": {t}}}' for i, t in enumerate(texts)) + '\n{"id": 8}')
    assert [r.get("error", {}).get("code") for r in results(path)] == [
        *["text-not-a-string"] * 5, "text-missing", "text-blank", None, "text-missing"
    ]  # fmt: skip


def test_a_line_beyond_all_bounds_is_not_held(file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_RECORD", 1000)
    path = file("t.jsonl", f'{{"id": 1, "text": "{"x" * 5000}"}}\n{{"id": 2, "text": "fine"}}\n')
    assert brief(path) == [(None, "[row-unreadable]"), (2, "fine")]


def test_a_stream_is_json_lines() -> None:
    with open_table(io.BufferedReader(io.BytesIO(b'{"id": 1, "text": "a"}\n'))) as table:
        assert [(row.id, row.text) for row in table.rows] == [(1, "a")]
        assert table.total is None


# Excel


def test_what_a_workbook_holds_keeps_its_kind(workbook: Callable[..., Path]) -> None:
    path = workbook(
        [
            ["id", "note", "text"],
            [417, None, "fine"],
            [4.5, None, "_x000D_\nfine"],
            ["A1", None, 42],
            [datetime(2026, 11, 21, 4, 17), None, datetime(2026, 11, 21)],
            [True, None, "fine"],
            [None, None, "fine"],
            ["A2", None, "#N/A"],
            ["A3", None, True],
            ["A4"],
            [12345678901234567890123, None, "fine"],
        ]
    )
    assert [(r["id"], r.get("error", {}).get("code")) for r in results(path)] == [
        (417, None), (4.5, None), ("A1", "text-not-a-string"), ("2026-11-21T04:17:00", "text-not-a-string"),
        (None, "id-invalid"), (None, None), ("A2", "text-not-a-string"), ("A3", "text-not-a-string"),
        ("A4", "text-missing"), (None, "id-invalid"),
    ]  # fmt: skip
    assert rows_of(path)[1].text == "\r\nfine"


def test_empty_rows_of_a_sheet_count_unless_nothing_follows(workbook: Callable[..., Path]) -> None:
    path = workbook([["text"], ["a"], [None], [None, "note"], ["b"], [None], [None, None]])
    assert brief(path) == [(1, "a"), (2, None), (3, None), (4, "b")]


def test_a_sheet_that_lies_about_its_size_is_read_whole(workbook: Callable[..., Path]) -> None:
    path = workbook([["id", "text"], [1, "a"], [2, "b"]])
    assert brief(rewritten(path, lambda _, c: c.replace(b'ref="A1:B3"', b'ref="A1"'))) == [(1, "a"), (2, "b")]


def test_a_row_number_beyond_excel_is_a_fault(workbook: Callable[..., Path]) -> None:
    path = workbook([["id", "text"], [1, "a"]])
    with pytest.raises(DataError, match="more than Excel's"):
        rows_of(rewritten(path, lambda _, c: c.replace(b'r="2"', b'r="99999999999"').replace(b'"A2"', b'"A99"')))


def test_a_workbook_that_would_unpack_to_too_much_is_not_opened(
    workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook([["text"], ["x" * 30_000]])
    monkeypatch.setattr(excel, "LARGEST_WORKBOOK", 20_000)
    with pytest.raises(DataError, match=r"at most 20,000 are opened.*\[file-unreadable\]"):
        rows_of(path)


def rewritten(path: Path, change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None) -> Path:
    """A workbook with its parts changed: what Excel, other programs and malice write, and openpyxl does not."""
    other = path.with_name(f"rewritten-{path.name}")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
        for name, content in (more or {}).items():
            target.writestr(name, content)
    return other


def test_shared_strings_are_read_as_excel_writes_them(workbook: Callable[..., Path]) -> None:
    part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    part += b'spreadsheetml.sharedStrings+xml"/></Types>'
    strings = f'<sst xmlns="{SHEET}"><si><t>text</t></si><si><t>a_x000D_</t></si><si><r><t>b</t></r></si></sst>'

    def share(name: str, content: bytes) -> bytes:
        for i, text in enumerate((b"text", b"one", b"two")):
            content = content.replace(b't="inlineStr"><is><t>' + text + b"</t></is>", b't="s"><v>%d</v>' % i)
        return content.replace(b"</Types>", part)

    path = rewritten(workbook([["text"], ["one"], ["two"]]), share, {"xl/sharedStrings.xml": strings.encode()})
    assert brief(path) == [(1, "a\r"), (2, "b")]


def test_an_entity_bomb_ends_as_a_damaged_file(workbook: Callable[..., Path]) -> None:
    entities = '<!ENTITY a0 "xxxxxxxxxx">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    path = rewritten(
        workbook([["text"], ["bomb"]]),
        lambda name, content: (
            content
            if "worksheets/" not in name
            else f"<!DOCTYPE worksheet [{entities}]>".encode() + content.replace(b">bomb<", b">&a11;<")
        ),
    )
    with pytest.raises(DataError, match="file-unreadable"):
        rows_of(path)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.95])
def test_a_damaged_workbook_is_said_to_be_damaged(workbook: Callable[..., Path], keep: float) -> None:
    path = workbook([["text"], *(["fine"] for _ in range(100))])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(DataError, match="file-unreadable"):
        rows_of(path)


def test_a_sheet_damaged_further_on_is_said_to_be_damaged(workbook: Callable[..., Path]) -> None:
    path = workbook([["text"], *([f"fine {i}"] for i in range(100))])
    with pytest.raises(DataError, match=r"damaged.*ParseError.*\[file-unreadable\]"):
        rows_of(rewritten(path, lambda name, content: content[:-900] if "worksheets/" in name else content))


def test_a_csv_that_calls_itself_a_workbook_is_refused(file: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="not an Excel workbook"):
        rows_of(file("t.xlsx", "id,text\n1,a\n"))


# Parquet


def test_what_a_parquet_file_holds_keeps_its_kind(parquet_file: Callable[..., Path]) -> None:
    texts = ["a", "b", None]
    for column, expected in [
        (pa.array([1, 2**62, None]), [1, 2**62, None]),
        (pa.array([1.0, 2.5, float("nan")]), [1.0, 2.5, None]),
        (pa.array(["x", "", None]), ["x", "", None]),
        (pa.array(["x", "x", None]).dictionary_encode(), ["x", "x", None]),
        (pa.array([b"x", b"y", None]), ["x", "y", None]),
        (pa.array([Decimal("417"), Decimal("5"), None]), [417, 5, None]),
        (pa.array([Decimal("4.17"), Decimal("5.00"), None]), ["4.17", "5.00", None]),
        (pa.array([date(2026, 11, 21), date(2026, 1, 1), None]), ["2026-11-21", "2026-01-01", None]),
        (pa.array([datetime(2026, 11, 21, 4, 17), None, None]), ["2026-11-21T04:17:00", None, None]),
        (pa.array([0, 1_000, None], pa.timestamp("ns")), ["1970-01-01T00:00:00", "1970-01-01T00:00:00.000001", None]),
        (pa.array([1, None, None], pa.timestamp("ns")), ["1970-01-01T00:00:00.000000001", None, None]),
    ]:
        path = parquet_file(id=column, text=texts)
        assert brief(path) == list(zip(expected, texts, strict=True)), column.type


def test_ids_that_json_cannot_carry_are_errors(parquet_file: Callable[..., Path]) -> None:
    for column in (pa.array([True]), pa.array([[1]]), pa.array([float("inf")]), pa.array([1e17])):
        assert brief(parquet_file(id=column, text=["a"])) == [(None, "[id-invalid]")]


@pytest.mark.parametrize(
    "text", [pa.array([1]), pa.array([1.5]), pa.array([True]), pa.array([["a"]]), pa.array([{"a": 1}])]
)
def test_a_parquet_column_that_is_no_text_is_an_error_of_its_rows(parquet_file: Callable[..., Path], text: Any) -> None:
    assert [r["error"]["code"] for r in results(parquet_file(id=["x"], text=text))] == ["text-not-a-string"]


def test_a_parquet_string_that_is_not_utf8_costs_its_own_row(parquet_file: Callable[..., Path]) -> None:
    raw = pa.array([b"caf\xe9", b"fine"])
    text = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    assert [r.get("error", {}).get("code") for r in results(parquet_file(text=text))] == ["text-not-utf8", None]


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_a_parquet_file_cut_short_is_said_to_be_damaged(parquet_file: Callable[..., Path], keep: float) -> None:
    path = parquet_file(text=["fine"] * 100)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(DataError, match="file-unreadable"):
        rows_of(path)


def test_a_parquet_file_with_damaged_pages_is_said_to_be_damaged(parquet_file: Callable[..., Path]) -> None:
    path = parquet_file(text=[f"fine {i}" for i in range(1000)])
    content = bytearray(path.read_bytes())
    content[4:600] = b"\xff" * 596
    path.write_bytes(content)
    with pytest.raises(DataError, match="file-unreadable"):
        rows_of(path)


def test_a_row_group_that_would_unpack_to_too_much_is_not_read(
    parquet_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_reader, "LARGEST_ROW_GROUP", 20_000)
    for columns in ({"text": ["x" * 30_000]}, {"text": [["x" * 30_000]]}, {"text": ["a"], "id": ["x" * 30_000]}):
        with pytest.raises(DataError, match=r"at most 20,000 are read.*\[file-unreadable\]"):
            rows_of(parquet_file(**columns))
    assert brief(parquet_file(**{"text": ["a"], "note": ["x" * 30_000], "texts": ["x" * 30_000]})) == [(1, "a")]


def test_many_row_groups_may_unpack_to_more_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_reader, "LARGEST_ROW_GROUP", 20_000)
    texts = [f"{i} {'x' * 900}" for i in range(100)]
    parquet.write_table(pa.table({"text": texts}), tmp_path / "t.parquet", row_group_size=10)
    assert brief(tmp_path / "t.parquet") == list(enumerate(texts, start=1))


def test_a_text_that_every_row_repeats_is_not_unpacked_for_many_at_once(
    parquet_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_reader, "LARGEST_ROW_GROUP", 2_000_000)
    path = parquet_file(text=pa.array(["x" * 900_000] * 300).dictionary_encode())
    before = pa.total_allocated_bytes()
    with open_table(path) as table:
        for row in table.rows:
            assert len(str(row.text)) == 900_000
            assert pa.total_allocated_bytes() - before < 20_000_000
    assert row.number == 300


def test_a_parquet_columns_own_account_is_left_alone_where_its_row_group_is_in_bounds() -> None:
    # Pyarrow ends the whole process, without a word, when a damaged column is asked for its size.
    asked: list[int] = []

    class Group:
        total_byte_size = 100

        def column(self, number: int) -> Any:
            asked.append(number)
            raise AssertionError

    class File:
        num_row_groups = 1
        metadata = type("Metadata", (), {"row_group": lambda _, __: Group(), "num_columns": 1})()

    assert parquet_reader._largest_row_group(File(), ["text"]) == 100
    assert not asked


# From rows to results


class StandIn:
    """A scorer in miniature. Keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def score_many(self, narratives: Sequence[Narrative]) -> list[Score]:
        self.asked.append(len(narratives))
        return [
            Score("review", (Because("one", "One."), Because("two", "Two.")), 0.5, (0.4, 0.6),
                  dict.fromkeys(("mental_health", "immediate_risk", "crime", "police_duty"), 0.25), (),
                  dict.fromkeys(("mental_health", "immediate_risk", "crime", "police_duty"), -2.2), n.given[:9], "p")
            for n in narratives
        ]  # fmt: skip


def results(path: Path) -> list[dict[str, Any]]:
    with open_table(path) as table:
        return [result for some in score_rows(table.rows, StandIn()) for result in some]


def test_results_stand_in_the_order_of_the_rows_whatever_the_size_of_the_pieces() -> None:
    rows = [Row(i, f"r{i}", f"text {i}" if i % 3 else None) for i in range(1, 20)]
    expected = None
    for together in (1, 2, 7, 256):
        scorer = StandIn()
        found = [result for some in score_rows(rows, scorer, together) for result in some]
        assert [r["id"] for r in found] == [row.id for row in rows]
        assert ["error" in r for r in found] == [row.text is None for row in rows]
        assert max(scorer.asked) <= together
        assert expected in (None, found)
        expected = found


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "text"])
        writer.writerows([i, f"Caller {i} says that he is on the bridge, again. " * 4] for i in range(50_000))
    lines = 0
    tracemalloc.start()
    try:
        with open_table(path) as table, whole_file(tmp_path / "out.jsonl") as out, writing(out, "jsonl") as write:
            for some in score_rows(table.rows, StandIn()):
                write(some)
                lines += len(some)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert lines == 50_000
    assert path.stat().st_size > 9_000_000
    assert peak < 3_000_000


# Flat tables


def test_a_flat_csv_holds_no_formula_and_keeps_numbers(tmp_path: Path) -> None:
    rows = [Row(i, key, "text") for i, key in enumerate(["=1+1", "+44", "-5", "@x", "\tx", "\rx", "fine", -5, None])]
    rows.append(Row(10, '=HYPERLINK("http://x")', ""))
    stream = io.BytesIO()
    with writing(stream, "csv") as write:
        for some in score_rows(rows, StandIn()):
            write(some)
    read = list(csv.DictReader(io.StringIO(stream.getvalue().decode(), newline="")))
    assert [r["id"] for r in read] == [
        "'=1+1", "'+44", "'-5", "'@x", "'\tx", "'\rx", "fine", "-5", "", "'=HYPERLINK(\"http://x\")"
    ]  # fmt: skip
    assert read[0]["rest_crime"] == "-2.2"
    assert read[0]["because_codes"] == "one;two"
    assert read[0]["reasons"] == "[]"
    assert (read[-1]["error_code"], read[-1]["decision"]) == ("text-blank", "")
    assert tuple(read[0]) == FLAT_COLUMNS


def test_a_flat_parquet_file_has_a_row_for_each(tmp_path: Path) -> None:
    rows = [Row(i, i if i % 2 else f"k{i}", "text" if i % 5 else None) for i in range(10_000)]
    with whole_file(tmp_path / "out.parquet") as stream, writing(stream, "parquet") as write:
        for some in score_rows(rows, StandIn()):
            write(some)
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table.column_names == list(FLAT_COLUMNS)
    assert table.column("id").to_pylist() == [str(row.id) for row in rows]
    assert table.column("error_code").to_pylist() == ["text-missing" if i % 5 == 0 else None for i in range(10_000)]
    assert table.column("confidence").to_pylist()[:2] == [None, 0.5]


def test_no_results_make_a_table_all_the_same(tmp_path: Path) -> None:
    for form in ("csv", "parquet", "jsonl"):
        with whole_file(tmp_path / form) as stream, writing(stream, form):
            pass
    assert (tmp_path / "csv").read_text().strip() == ",".join(FLAT_COLUMNS)
    assert parquet.read_table(tmp_path / "parquet").num_rows == 0
    assert (tmp_path / "jsonl").read_bytes() == b""


def test_a_flat_row_of_an_error_has_nothing_else() -> None:
    row = flat({"id": 1, "error": {"code": "c", "detail": "d"}})
    assert {k: v for k, v in row.items() if v is not None} == {"id": 1, "error_code": "c", "error_detail": "d"}


# Whole files


def test_a_file_stands_under_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("before")
    with pytest.raises(RuntimeError), whole_file(path) as stream:  # noqa: PT012
        stream.write(b"half")
        stream.flush()
        assert path.read_text() == "before"
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert path.read_text() == "before"
    with whole_file(path) as stream:
        stream.write(b"whole")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("out", "whole")]


def test_a_new_file_is_no_more_public_than_the_one_it_replaces(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("before")
    path.chmod(0o600)
    with whole_file(path) as stream:
        stream.write(b"after")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link_and_a_device_a_device(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with whole_file(tmp_path / "link") as stream:
        stream.write(b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"x"
    with whole_file(Path("/dev/null")) as stream:
        stream.write(b"x")
    assert Path("/dev/null").is_char_device()
