"""CSV, with the delimiter that it has. A quotation mark in the wrong place costs its own row."""

import csv
import io
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import IO, Final, Self

from model.errors import DataError
from model.tables.rows import ITS_NUMBER, Columns, Record, Table, without_last_blanks
from model.tables.streams import LONGEST_RECORD, bounded_lines, refuse_utf16

_MOST_READ_AGAIN: Final = 64 * LONGEST_RECORD  # characters; bounds the time that bad quotation marks can cost
_DELIMITERS: Final = (",", ";", "\t", "|")


def read(file: io.BufferedReader, columns: Columns) -> Table:
    """Read a CSV file; raises as ``open_table`` says."""
    refuse_utf16(file)
    # A byte that is not UTF-8 becomes half a character, which the row that it stands in is then refused for.
    lines = _Lines(io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline=""))
    parsed = _parsed(lines, _delimiter(lines.first(), columns.text))
    _, header = next(parsed, (1, []))
    if isinstance(header, DataError):
        raise DataError("file-unreadable", f"The header cannot be read. {header.detail}")
    names = [name.strip() for name in header]
    text_at, id_at = columns.places(names)

    def record(line: int, fields: list[str] | DataError) -> Record | None:
        if isinstance(fields, list) and len(fields) == len(names):
            key, text = ITS_NUMBER if id_at is None else fields[id_at], fields[text_at]
            return (key, text, dict(zip(names, fields, strict=True))) if columns.whole else (key, text)
        if not fields:
            return None
        error = fields if isinstance(fields, DataError) else _ragged(line, len(fields), len(names))
        return ITS_NUMBER if id_at is None else None, error

    # An empty line is an empty text where there is one column; else it is no row.
    records = (record(line, fields) for line, fields in parsed if fields or len(names) == 1)
    return Table.in_bytes(without_last_blanks(records, (ITS_NUMBER if id_at is None else "", "")), file)


class _Lines:
    """The lines of a CSV file, of which those that a broken record swallowed can be read again."""

    def __init__(self, stream: IO[str]) -> None:
        self._fresh = bounded_lines(stream, LONGEST_RECORD, "\n", "\r")
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self._read_again = 0
        self.length = 0
        self.number = 0

    def first(self) -> str:
        """The first line, which stays to be read."""
        self._again.extend(islice(self._fresh, 1))
        return self._again[0] if self._again else ""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._fresh)
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


def _parsed(lines: _Lines, delimiter: str) -> Iterator[tuple[int, list[str] | DataError]]:
    """The fields of each record or what is wrong with it, and the number of its first line."""
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


def _ragged(line: int, fields: int, names: int) -> DataError:
    return DataError(
        "row-unreadable",
        f"The row at line {line} has {fields} field{'' if fields == 1 else 's'} where the header has {names}. "
        "A text that holds the delimiter needs quotation marks round it.",
    )


def _delimiter(header: str, wanted: str) -> str:
    """The one that brings the wanted column to light, and of those the one with the most columns."""

    def promise(delimiter: str) -> tuple[bool, int]:
        names = [name.strip() for name in next(csv.reader([header[:100_000]], delimiter=delimiter), [])]
        return wanted in names, len(names)

    return max(_DELIMITERS, key=promise)
