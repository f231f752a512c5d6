"""Tables of narratives, read row by row: CSV, Excel, JSON Lines, Parquet.

A file is never held whole, so memory does not grow with it; what must be held (one record, Excel's table of strings)
has a stated bound. A row that cannot be read is a row with an error: it costs no other, and none is dropped.
"""

import csv
import io
import json
import math
import os
import re
import stat
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import IO, Any, AnyStr, Final, NoReturn, Self, TypeVar
from uuid import UUID

import orjson

from model.errors import DataError, NarrativeError, SignpostError

LONGEST_RECORD: Final = 8_000_000
"""Characters (CSV) or bytes (JSON Lines) of one record: room for a megabyte of text, however it is escaped."""

LARGEST_WORKBOOK: Final = 500_000_000
"""Bytes that an Excel workbook may have once it is unpacked. Its table of strings is held in memory."""

_MOST_SHEET_ROWS: Final = 1_048_576  # Excel's own limit; a row number above it is a fault, or a bomb
_MOST_READ_AGAIN: Final = 64 * LONGEST_RECORD  # characters of CSV; bounds the time that bad quotation marks can cost
_LOOKED_AT: Final = 32  # JSON Lines have no header: so many rows are looked at for the columns there are
_TOGETHER: Final = 256  # rows of a Parquet file that are turned into Python values at a time
_EXACT: Final = 2**53
_DELIMITERS: Final = (",", ";", "\t", "|")
_HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")
_STRAY_BYTE: Final = re.compile("[\udc80-\udcff]")  # how Python's `surrogateescape` carries a byte that is not UTF-8

Identity = str | int | float | None
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``number`` counts from 1, the header apart. ``text`` is whatever stood there, not checked yet;
    where ``error`` is set, there is nothing to score."""

    number: int
    id: Identity
    text: object = None
    error: SignpostError | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """An open table. ``total`` and ``done`` say how far reading has come, both in bytes or both in rows;
    ``total`` is ``None`` where nobody can know."""

    rows: Iterator[Row]
    total: int | None
    done: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns to read. Where ``id`` is ``None`` the key is ``id`` if there is such a column, and otherwise
    the row's number."""

    text: str = "text"
    id: str | None = None

    def places(self, found: Sequence[str]) -> tuple[int, int | None]:
        """Where the text and the key stand among the columns found.

        Raises:
            DataError: ``column-missing``, naming the columns found.
        """
        key = self.id or "id"
        for wanted in (self.text, key):
            if found.count(wanted) > 1:
                raise DataError(
                    "column-missing",
                    f"{found.count(wanted)} columns are named {_shown(wanted)}, and nothing says which one is meant. "
                    "Rename the others.",
                )
        if self.text not in found:
            raise _column_missing(self.text, found, "--text-column")
        if self.id is not None and key not in found:
            raise _column_missing(key, found, "--id-column")
        return found.index(self.text), found.index(key) if key in found else None


@contextmanager
def open_table(source: Path | io.BufferedReader, columns: Columns | None = None) -> Iterator[Table]:
    """Open a table for one pass: a file, whose ending says what it is, or a stream of JSON Lines.

    Raises:
        DataError: ``format-unknown``, ``file-missing``, ``file-unreadable`` or ``column-missing``. A file that turns
            out to be damaged further on raises ``file-unreadable`` from the rows.
    """
    columns = columns or Columns()
    if not isinstance(source, Path):
        yield _jsonl(source, columns)
        return
    reader = _READERS.get(source.suffix.lower())
    if reader is None:
        known = ", ".join(_READERS)
        raise DataError(
            "format-unknown",
            f"Nothing is known about files that end in {_shown(source.suffix) if source.suffix else 'nothing'}. "
            f"Give one that ends in {known}, or - for JSON Lines on standard input.",
        )
    try:
        file = source.open("rb")
    except FileNotFoundError:
        raise DataError("file-missing", f"There is no file {source}.") from None
    except OSError as error:
        raise DataError("file-unreadable", f"{source} cannot be read: {error.strerror}.") from None
    with file:
        yield reader(file, columns)


def can_echo(identity: object) -> bool:
    """Whether a key comes back exactly as it was given, in the hands of any JSON reader. The service asks the same."""
    match identity:
        case None:
            return True
        case bool():
            return False
        case int():
            return -(2**63) <= identity < 2**64
        case float():
            return math.isfinite(identity) and not (identity.is_integer() and abs(identity) >= _EXACT)
        case str():
            return _HALF_CHARACTER.search(identity) is None
        case _:
            return False


# CSV ------------------------------------------------------------------------------------------------------------------


def _csv(file: io.BufferedReader, columns: Columns) -> Table:
    _refuse_utf16(file)
    # A byte that is not UTF-8 becomes half a character, which the row that it stands in is then refused for.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    lines = _Lines(text)
    delimiter = _delimiter(lines.first(), columns.text)
    records = _records(lines, delimiter)
    _, header = next(records, (1, []))
    if isinstance(header, DataError):
        raise DataError("file-unreadable", f"The header cannot be read. {header.detail}")
    names = [name.strip() for name in header]
    return Table(_csv_rows(records, names, columns.places(names)), _size(file), _place(file))


def _csv_rows(
    records: Iterator[tuple[int, list[str] | DataError]], names: Sequence[str], places: tuple[int, int | None]
) -> Iterator[Row]:
    text_at, id_at = places
    number, blank = 0, 0
    for line, fields in records:
        if not fields:
            # An empty line is an empty text where there is one column, unless nothing follows; else it is no row.
            blank += len(names) == 1
            continue
        for _ in range(blank):
            number += 1
            yield Row(number, number if id_at is None else "", "")
        blank = 0
        number += 1
        unknown = number if id_at is None else None
        if isinstance(fields, DataError):
            yield Row(number, unknown, error=fields)
        elif len(fields) != len(names):
            yield Row(
                number,
                unknown,
                error=DataError(
                    "row-unreadable",
                    f"The row at line {line} has {_count(len(fields), 'field')} where the header has {len(names)}. "
                    "A text that holds the delimiter needs quotation marks round it.",
                ),
            )
        else:
            yield _row(number, number if id_at is None else fields[id_at], fields[text_at])


class _Lines:
    """The lines of a CSV file, of which those that a broken record swallowed can be read again."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self._read_again = 0
        self.length = 0
        self.number = 0

    def first(self) -> str:
        """The first line, which stays to be read."""
        self._again.append(_line(self._stream, "\n", "\r"))
        return self._again[0]

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else _line(self._stream, "\n", "\r")
        if not line:
            raise StopIteration
        self._record.append(line)
        self.number += 1
        self.length += len(line)
        if self.length > LONGEST_RECORD:
            raise csv.Error
        return line

    def begin(self) -> int:
        """A new record begins. Returns the number of its first line."""
        self._record.clear()
        self.length = 0
        return self.number + 1

    def give_up(self) -> None:
        """The record cannot be read: only its first line is lost, the others are read again."""
        swallowed = self._record[1:]
        self._again.extendleft(reversed(swallowed))
        self.number -= len(swallowed)
        self._read_again += sum(map(len, swallowed))
        if self._read_again > _MOST_READ_AGAIN:
            raise DataError(
                "file-unreadable",
                f"The quotation marks of the file do not pair up, up to line {self.number} and over and over. "
                "Export it again with every text in quotation marks, and those within a text doubled.",
            )


def _records(lines: _Lines, delimiter: str) -> Iterator[tuple[int, list[str] | DataError]]:
    # One limit for the whole process, and the csv module has no other; ours on the record is reached first.
    csv.field_size_limit(LONGEST_RECORD + 1)
    # Strict, since otherwise a quotation mark in the wrong place changes the text, or swallows the rest of the file.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.begin()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            if lines.length > LONGEST_RECORD:
                fault = f"is longer than {LONGEST_RECORD:,} characters, or its quotation marks do not pair up"
            else:
                fault = "has quotation marks that do not pair up; those within a quoted text must be doubled"
            yield line, DataError("row-unreadable", f"The row at line {line} {fault}.")
            lines.give_up()
        else:
            yield line, fields


def _delimiter(header: str, wanted: str) -> str:
    """The one that brings the wanted column to light, and of those the one with the most columns."""

    def promise(delimiter: str) -> tuple[bool, int]:
        names = [name.strip() for name in next(csv.reader([header[:100_000]], delimiter=delimiter), [])]
        return wanted in names, len(names)

    return max(_DELIMITERS, key=promise)


# Excel ----------------------------------------------------------------------------------------------------------------


def _xlsx(file: io.BufferedReader, columns: Columns) -> Table:
    import openpyxl  # here, because it is slow to import and most tables are not Excel's

    _refuse_bomb(file)
    try:
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet = workbook.worksheets[0]
        total = sheet.max_row
        # Some programs write a size that is wrong, and rows and columns beyond it would not be read.
        sheet.reset_dimensions()
        cells = _guarded(sheet.iter_rows(), "an Excel workbook")
    except Exception as error:  # openpyxl raises whatever the damage leads to
        raise _unreadable("an Excel workbook", error) from None
    names = [str(cell.value).strip() if cell.value is not None else "" for cell in next(cells, ())]
    places = columns.places(names)
    progress = _Counter()
    return Table(progress.counting(_xlsx_rows(cells, places)), total - 1 if total else None, progress.done)


def _xlsx_rows(sheet: Iterator[Sequence[Any]], places: tuple[int, int | None]) -> Iterator[Row]:
    text_at, id_at = places
    empty: tuple[Any, ...] = ()
    number, waiting = 0, 0
    for cells in sheet:
        if number + waiting >= _MOST_SHEET_ROWS:
            raise DataError("file-unreadable", f"The sheet has more than Excel's {_MOST_SHEET_ROWS:,} rows.")
        if all(cell.value is None for cell in cells):
            waiting += 1  # a row only if another follows: Excel keeps formatted empty rows at the end
            continue
        for row in chain((empty,) * waiting, (cells,)):
            number += 1
            text, error = _cell(row, text_at)
            identity, id_error = (number, None) if id_at is None else _cell(row, id_at)
            if id_error is not None:
                yield Row(number, None, error=_id_invalid())
            elif error is not None:
                yield _row(number, identity, None, error)
            else:
                yield _row(number, identity, text)
        waiting = 0


def _cell(row: Sequence[Any], at: int) -> tuple[Any, NarrativeError | None]:
    if at >= len(row):
        return None, None
    cell = row[at]
    if cell.data_type == "e":
        return None, NarrativeError("text-not-a-string", "The text is one of Excel's error values, not a string.")
    # Excel writes a carriage return in this way, and openpyxl leaves it so.
    return cell.value.replace("_x000D_", "\r") if isinstance(cell.value, str) else cell.value, None


def _refuse_bomb(file: io.BufferedReader) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            # No more than the declared size is ever unpacked, so that it can be taken at its word.
            size = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise _unreadable("an Excel workbook", error, " A workbook with a password must be saved without it.") from None
    if size > LARGEST_WORKBOOK:
        raise DataError(
            "file-unreadable",
            f"The workbook says that it unpacks to {size:,} bytes; at most {LARGEST_WORKBOOK:,} are opened. "
            "Save it as CSV.",
        )
    file.seek(0)


# JSON Lines -----------------------------------------------------------------------------------------------------------


def _jsonl(file: io.BufferedReader, columns: Columns) -> Table:
    _refuse_utf16(file)
    lines = _json_lines(file)
    key = columns.id or "id"
    looked_at: list[Mapping[str, Any] | DataError] = []
    found: dict[str, None] = {}
    while len(looked_at) < _LOOKED_AT and not (columns.text in found and key in found):
        value = next(lines, None)
        if value is None:
            break
        looked_at.append(value)
        if not isinstance(value, DataError):
            found |= dict.fromkeys(value)
    if found or any(not isinstance(value, DataError) for value in looked_at):
        columns.places(list(found))
    rows = _jsonl_rows(chain(looked_at, lines), columns.text, key, numbered=key not in found)
    return Table(rows, _size(file), _place(file))


def _jsonl_rows(values: Iterator[Mapping[str, Any] | DataError], text: str, key: str, numbered: bool) -> Iterator[Row]:
    for number, value in enumerate(values, start=1):
        otherwise = number if numbered else None
        if isinstance(value, DataError):
            yield Row(number, otherwise, error=value)
        else:
            yield _row(number, value.get(key, otherwise), value.get(text))


def _json_lines(file: IO[bytes]) -> Iterator[Mapping[str, Any] | DataError]:
    """The object of each line that is not blank, or what is wrong with it."""
    number = 0
    while line := _line(file, b"\n"):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) > LONGEST_RECORD:
            yield DataError("row-unreadable", f"Line {number} is longer than {LONGEST_RECORD:,} bytes.")
        elif line.strip():
            yield _object(line, number)


def _object(line: bytes, number: int) -> Mapping[str, Any] | DataError:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        # Half characters and bytes that are not UTF-8 cost the field they stand in: its row is then refused for it.
        try:
            value = json.loads(line.decode("utf-8", "surrogateescape"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return DataError("row-unreadable", f"Line {number} is not valid JSON, from column {error.colno} on.")
    if not isinstance(value, dict):
        return DataError("row-unreadable", f'Line {number} is not a JSON object, such as {{"id": "…", "text": "…"}}.')
    return value


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


# Parquet --------------------------------------------------------------------------------------------------------------


def _parquet(file: io.BufferedReader, columns: Columns) -> Table:
    from pyarrow import parquet  # here, because it is slow to import and most tables are not Parquet

    try:
        # Read in pieces, where the defaults would read whole row groups ahead.
        opened = parquet.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20)
        names, total = list(opened.schema_arrow.names), int(opened.metadata.num_rows)
    except Exception as error:  # pyarrow has no one root of its errors
        raise _unreadable("a Parquet file", error) from None
    text_at, id_at = columns.places(names)
    text, key = names[text_at], None if id_at is None else names[id_at]
    wanted = [text] if key in (None, text) else [text, key]
    batches = opened.iter_batches(batch_size=_TOGETHER, columns=wanted, use_threads=False)
    values = _guarded(_parquet_values(batches, text, key), "a Parquet file")
    rows = (
        _row(number, number if key is None else identity, text)
        for number, (text, identity) in enumerate(values, start=1)
    )
    progress = _Counter()
    return Table(progress.counting(rows), total, progress.done)


def _parquet_values(batches: Iterator[Any], text: str, key: str | None) -> Iterator[tuple[Any, Any]]:
    for batch in batches:
        texts = _python_values(batch.column(text))
        identities = [None] * len(texts) if key is None else _python_values(batch.column(key))
        yield from zip(texts, identities, strict=True)


def _python_values(column: Any) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        # By way of bytes: strings of a Parquet file need not be UTF-8, and one that is not would cost its batch.
        column = column.cast(pa.large_binary())
    elif pa.types.is_timestamp(kind) and kind.unit == "ns":
        try:
            column = column.cast(pa.timestamp("us", kind.tz))
        except pa.ArrowInvalid:  # Python's own datetime has no nanoseconds
            return [None if v is None else v.replace(" ", "T") for v in column.cast(pa.string()).to_pylist()]
    return [
        value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value for value in column.to_pylist()
    ]


# What the formats share -----------------------------------------------------------------------------------------------


def _row(number: int, identity: object, text: object, error: SignpostError | None = None) -> Row:
    """A row whose key can be given back, or one with an error and no key."""
    identity = _plain(identity)
    if isinstance(identity, str) and _STRAY_BYTE.search(identity):
        return Row(
            number,
            None,
            error=NarrativeError("text-not-utf8", "The id holds a byte that is not UTF-8. Export the file as UTF-8."),
        )
    if not can_echo(identity):
        return Row(number, None, error=_id_invalid())
    return Row(number, identity, text, error)  # type: ignore[arg-type]


def _plain(identity: object) -> object:
    """A key of a typed column as JSON can carry it."""
    match identity:
        case float() if math.isnan(identity):
            return None  # what tables have where a number is missing
        case datetime() | date() | time():
            return identity.isoformat()
        case Decimal() if identity.is_finite() and identity.as_tuple().exponent == 0:
            return int(identity)
        case Decimal() | timedelta() | UUID():
            return str(identity)
        case _:
            return identity


def _id_invalid() -> DataError:
    return DataError(
        "id-invalid", "The id must be a string, a number or null. Send numbers of more than 15 digits as strings."
    )


def _line(stream: IO[AnyStr], *ends: AnyStr) -> AnyStr:
    """The next line; of one that is too long, only so much that this is seen."""
    line = stream.readline(LONGEST_RECORD + 1)
    if len(line) > LONGEST_RECORD and not line.endswith(ends):
        while (rest := stream.readline(LONGEST_RECORD)) and not rest.endswith(ends):
            pass
    return line


def _refuse_utf16(file: io.BufferedReader) -> None:
    if file.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError("file-unreadable", "The text is UTF-16. Export it as UTF-8.")


def _size(file: io.BufferedReader) -> int | None:
    try:
        status = os.fstat(file.fileno())
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _place(file: io.BufferedReader) -> Callable[[], int]:
    total = _size(file)
    if total is None:
        return lambda: 0
    # The text stream that reads a CSV closes the file when it goes, which is when all has been read.
    return lambda: total if file.closed else file.tell()


def _guarded(items: Iterator[T], what: str) -> Iterator[T]:
    """The same items; whatever a library raises over a damaged file becomes one error of ours."""
    while True:
        try:
            item = next(items)
        except StopIteration:
            return
        except Exception as error:
            raise _unreadable(what, error) from None
        yield item


def _unreadable(what: str, error: Exception, advice: str = "") -> DataError:
    # The library's own message may hold pieces of the file.
    return DataError(
        "file-unreadable", f"The file is damaged, or is not {what} ({type(error).__name__}). Export it again.{advice}"
    )


def _column_missing(column: str, found: Sequence[str], option: str) -> DataError:
    if not found:
        return DataError("column-missing", f"There is no column {_shown(column)}, and no other: is the file empty?")
    listed = ", ".join(_shown(name) for name in found[:20]) + (", …" if len(found) > 20 else "")
    return DataError(
        "column-missing", f"There is no column {_shown(column)}. The columns are: {listed}. Choose one with {option}."
    )


def _shown(name: str) -> str:
    # Where a file has no header, its first narrative stands in the place of the names.
    if len(name) > 40:
        return f"(a name of {len(name):,} characters)"
    return "`" + "".join(c if c.isprintable() else "�" for c in name) + "`"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


class _Counter:
    """Counts rows as they go by."""

    def __init__(self) -> None:
        self._count = 0

    def done(self) -> int:
        return self._count

    def counting(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self._count = row.number
            yield row


_READERS: Final[Mapping[str, Callable[[io.BufferedReader, Columns], Table]]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
