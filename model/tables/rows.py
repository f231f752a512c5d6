"""What every format gives: rows with keys that can be given back, and the columns that they come from.

A format turns its file into records, pairs of what stood in the place of the key and in that of the text. Here they
are numbered and their keys are held to one rule (``can_echo``, ``ID_RULE``).
"""

import io
import math
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import repeat
from typing import Final, Self, TypeGuard
from uuid import UUID

from model.errors import DataError, NarrativeError, SignpostError

ID_RULE: Final = (
    "The id must be null, a string of valid Unicode, a whole number of at most 64 bits or another number below 2^53. "
    "Send any other number as a string."
)

ITS_NUMBER: Final = object()
"""What stands in the place of a record's key where there is no such column: the row's number becomes its key."""

_HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")
_STRAY_BYTE: Final = re.compile("[\udc80-\udcff]")  # how Python's `surrogateescape` carries a byte that is not UTF-8

Identity = str | int | float | None
Fields = Mapping[str, object]
Record = tuple[object, object] | tuple[object, object, Fields]
"""The key and the text as they stood there, and all fields by name where they are asked for. In the place of a text
that cannot be read stands its error."""


def can_echo(identity: object) -> TypeGuard[Identity]:
    """Whether a key comes back exactly as it was given: ``ID_RULE``, for files and for the service.

    JSON's whole numbers are read and written digit by digit, up to 64 bits. All others (1.5, 1e3, and whole ones that
    are longer) are read as floating point, which from 2^53 on no longer tells a number from its neighbours.
    """
    match identity:
        case bool():
            return False
        case int():
            return -(2**63) <= identity < 2**64
        case float():
            return abs(identity) < 2**53
        case str():
            return _HALF_CHARACTER.search(identity) is None
        case _:
            return identity is None


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``number`` counts from 1, the header apart. ``text`` is whatever stood there, not checked yet;
    where ``error`` is set, there is nothing to score. ``fields`` holds every column by name, if they were asked for."""

    number: int
    id: Identity
    text: object = None
    error: SignpostError | None = None
    fields: Fields | None = None

    @classmethod
    def of(cls, number: int, identity: object, text: object, fields: Fields | None = None) -> Self:
        """A row whose key can be given back, or one with an error and no key."""
        identity = number if identity is ITS_NUMBER else _plain(identity)
        if isinstance(identity, str) and _STRAY_BYTE.search(identity):
            fault = "The id holds a byte that is not UTF-8. Export the file as UTF-8."
            return cls(number, None, error=NarrativeError("text-not-utf8", fault), fields=fields)
        if not can_echo(identity):
            return cls(number, None, error=DataError("id-invalid", ID_RULE), fields=fields)
        if isinstance(text, SignpostError):
            return cls(number, identity, error=text, fields=fields)
        return cls(number, identity, text, fields=fields)


@dataclass(frozen=True, slots=True)
class Table:
    """An open table. ``total`` and ``done`` say how far reading has come, both in bytes or both in rows;
    ``total`` is ``None`` where nobody can know."""

    rows: Iterator[Row]
    total: int | None
    done: Callable[[], int]

    @classmethod
    def in_bytes(cls, records: Iterable[Record], file: io.BufferedReader) -> Self:
        """A table that measures how much of a file has been read."""
        try:
            status = os.fstat(file.fileno())
        except OSError:
            status = None
        rows = _numbered(records)
        if status is None or not stat.S_ISREG(status.st_mode):
            return cls(rows, None, lambda: 0)
        # The text stream that reads a CSV closes the file when it goes, which is when all has been read.
        return cls(rows, status.st_size, lambda: status.st_size if file.closed else file.tell())

    @classmethod
    def in_rows(cls, records: Iterable[Record], total: int | None, passed: int = 0) -> Self:
        """A table that counts its rows as they go by, after ``passed`` rows that were passed over."""
        done = 0

        def counting() -> Iterator[Row]:
            nonlocal done
            for row in _numbered(records, passed + 1):
                done = row.number
                yield row

        return cls(counting(), total, lambda: done)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns to read. Where ``id`` is ``None`` the key is ``id`` if there is such a column, and otherwise
    the row's number. ``whole`` asks for every other column besides."""

    text: str = "text"
    id: str | None = None
    whole: bool = False

    @property
    def key(self) -> str:
        """The name of the column of keys, if there is one."""
        return self.id or "id"

    def places(self, found: Sequence[str]) -> tuple[int, int | None]:
        """Where the text and the key stand among the columns found.

        Raises:
            DataError: ``column-missing``, naming the columns found.
        """
        for wanted in (self.text, self.key):
            if found.count(wanted) > 1:
                raise DataError(
                    "column-missing",
                    f"{found.count(wanted)} columns are named {shown(wanted)}, and nothing says which one is meant. "
                    "Rename the others.",
                )
        if self.text not in found:
            raise _column_missing(self.text, found, "--text-column")
        if self.id is not None and self.key not in found:
            raise _column_missing(self.key, found, "--id-column")
        return found.index(self.text), found.index(self.key) if self.key in found else None


def without_last_blanks(records: Iterable[Record | None], blank: Record) -> Iterator[Record]:
    """The records, with ``blank`` in the place of each ``None`` that another record follows."""
    waiting = 0
    for record in records:
        if record is None:
            waiting += 1
            continue
        yield from repeat(blank, waiting)
        waiting = 0
        yield record


def shown(name: str) -> str:
    """A name found in a file, fit to stand in a message."""
    # Where a file has no header, its first narrative stands in the place of the names.
    if len(name) > 40:
        return f"(a name of {len(name):,} characters)"
    return "`" + "".join(c if c.isprintable() else "�" for c in name) + "`"


def _numbered(records: Iterable[Record], start: int = 1) -> Iterator[Row]:
    return (Row.of(number, *record) for number, record in enumerate(records, start))


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


def _column_missing(column: str, found: Sequence[str], option: str) -> DataError:
    if not found:
        return DataError("column-missing", f"There is no column {shown(column)}, and no other: is the file empty?")
    listed = ", ".join(shown(name) for name in found[:20]) + (", …" if len(found) > 20 else "")
    return DataError(
        "column-missing", f"There is no column {shown(column)}. The columns are: {listed}. Choose one with {option}."
    )
