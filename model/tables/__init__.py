"""Tables of narratives, read row by row: CSV, Excel, JSON Lines, Parquet.

A file is never held whole, so memory does not grow with it; what must be held (one record, Excel's table of strings, a
page of Parquet) has a stated bound. A row that cannot be read is a row with an error: it costs no other, and none is
dropped.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from model.errors import DataError
from model.tables import delimited, excel, lines, parquet
from model.tables.rows import ID_RULE, Columns, Row, Table, can_echo, shown

__all__ = ["ID_RULE", "Columns", "Row", "Table", "can_echo", "open_table"]

_READERS: Final[Mapping[str, Callable[[io.BufferedReader, Columns], Table]]] = {
    ".csv": delimited.read,
    ".xlsx": excel.read,
    ".jsonl": lines.read,
    ".parquet": parquet.read,
}


@contextmanager
def open_table(source: Path | io.BufferedReader, columns: Columns | None = None) -> Iterator[Table]:
    """Open a table for one pass: a file, whose ending says what it is, or a stream of JSON Lines.

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
        yield reader(file, columns)
