"""Tables of narratives, read row by row: CSV, Excel, JSON Lines, Parquet.

A file is never held whole, so memory does not grow with it; what must be held (one record, Excel's table of strings, a
page of Parquet) has a stated bound. A row that cannot be read is a row with an error: it costs no other, and none is
dropped.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from model.errors import DataError
from model.tables import delimited, excel, lines, parquet
from model.tables.rows import ID_RULE, Columns, Row, Table, can_echo, shown

__all__ = ["ID_RULE", "SUFFIXES", "Columns", "Row", "Table", "can_echo", "count_rows", "open_table"]

_READERS: Final[Mapping[str, Callable[[io.BufferedReader, Columns], Table]]] = {
    ".csv": delimited.read,
    ".xlsx": excel.read,
    ".jsonl": lines.read,
    ".parquet": parquet.read,
}
SUFFIXES: Final = tuple(_READERS)
"""How the names of tables end."""


@contextmanager
def open_table(source: Path | io.BufferedReader, columns: Columns | None = None, first: int = 0) -> Iterator[Table]:
    """Open a table for one pass: a file, whose ending says what it is, or a stream of JSON Lines.

    The rows before row ``first`` (counted from 0) are passed over and the others keep their numbers; Parquet is opened
    there, every other format must be read up to it.

    Raises:
        DataError: ``format-unknown``, ``file-missing``, ``file-unreadable`` or ``column-missing``. A file that turns
            out to be damaged further on raises ``file-unreadable`` from the rows.
    """
    columns = columns or Columns()
    if not isinstance(source, Path):
        yield lines.read(source, columns)
        return
    reader = _READERS.get(source.suffix.lower())
    if reader is None:
        raise DataError(
            "format-unknown",
            f"Nothing is known about files that end in {shown(source.suffix) if source.suffix else 'nothing'}. "
            f"Give one that ends in {', '.join(_READERS)}, or - for JSON Lines on standard input.",
        )
    try:
        file = source.open("rb")
    except FileNotFoundError:
        raise DataError("file-missing", f"There is no file {source}.") from None
    except OSError as error:
        raise DataError("file-unreadable", f"{source} cannot be read: {error.strerror}.") from None
    with file:
        if reader is parquet.read:
            yield parquet.read(file, columns, first)
        else:
            table = reader(file, columns)
            yield replace(table, rows=islice(table.rows, first, None)) if first else table


def count_rows(source: Path, columns: Columns | None = None) -> int:
    """How many rows a file has: Parquet says so itself, every other format is read.

    Raises:
        DataError: as ``open_table``, and when the file is damaged further on.
    """
    with open_table(source, columns) as table:
        said = table.total if source.suffix.lower() == ".parquet" else None
        return sum(1 for _ in table.rows) if said is None else said
