"""Parquet, a few rows at a time."""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from model.errors import DataError
from model.tables.damage import damage_said, guarded
from model.tables.rows import ITS_NUMBER, Columns, Record, Table

LARGEST_ROW_GROUP: Final = 2_000_000_000
"""Bytes that the columns read may have in one row group once they are unpacked."""

_TOGETHER: Final = 256  # rows that are unpacked at a time, at most
_KIND: Final = "a Parquet file"


def read(file: io.BufferedReader, columns: Columns, first: int = 0) -> Table:
    """Read a Parquet file from row ``first`` on (counted from 0); raises as ``open_table`` says."""
    from pyarrow import parquet  # here, because it is slow to import and most tables are not Parquet

    with damage_said(_KIND):
        # Read in pieces, where the defaults would read whole row groups ahead.
        opened = parquet.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20)
        names, total = list(opened.schema_arrow.names), int(opened.metadata.num_rows)
    text_at, id_at = columns.places(names)
    text, key = names[text_at], None if id_at is None else names[id_at]
    wanted = names if columns.whole else [text] if key in (None, text) else [text, key]
    with damage_said(_KIND):
        largest = _largest_row_group(opened, wanted)
    if largest > LARGEST_ROW_GROUP:
        raise DataError(
            "file-unreadable",
            f"A row group of the file says that it unpacks to {largest:,} bytes; at most {LARGEST_ROW_GROUP:,} are "
            "read. Write it in smaller row groups, or save it as CSV.",
        )
    # No string is longer than its row group, but a dictionary lets every row have the longest: so many are in bounds.
    together = max(1, min(_TOGETHER, LARGEST_ROW_GROUP // max(1, largest)))
    group, begins = _row_group_of(opened, first)
    batches = opened.iter_batches(together, range(group, opened.num_row_groups), columns=wanted, use_threads=False)
    records = islice(guarded(_records(batches, text, key, names if columns.whole else []), _KIND), first - begins, None)
    return Table.in_rows(records, total, first)


def _row_group_of(opened: Any, row: int) -> tuple[int, int]:
    """The row group that a row lies in and the group's first row; beyond the last one, where it would begin."""
    begins = 0
    for group in range(opened.num_row_groups):
        ends = begins + int(opened.metadata.row_group(group).num_rows)
        if row < ends:
            return group, begins
        begins = ends
    return opened.num_row_groups, begins


def _largest_row_group(opened: Any, wanted: list[str]) -> int:
    """The most bytes that the columns have in one row group, or all of its columns, by the file's own account.

    Pyarrow unpacks a page at a time, and has no bound on pages. An honest page is no larger than its row group; a file
    that lies about its sizes is read all the same, and then only Parquet's own 2 GiB bound its pages.
    """
    groups = [opened.metadata.row_group(i) for i in range(opened.num_row_groups)]
    whole = max((int(group.total_byte_size) for group in groups), default=0)
    # Pyarrow ends the whole process where a column's own account is damaged: it is asked for only where it matters.
    if 0 <= whole <= LARGEST_ROW_GROUP:
        return whole
    paths = [opened.schema.column(i).path + "." for i in range(opened.metadata.num_columns)]
    places = [i for i, path in enumerate(paths) if any(path.startswith(f"{name}.") for name in wanted)]
    return max((sum(group.column(i).total_uncompressed_size for i in places) for group in groups), default=0)


def _records(batches: Iterable[Any], text: str, key: str | None, names: Sequence[str]) -> Iterator[Record]:
    for batch in batches:
        keys = [ITS_NUMBER] * len(batch) if key is None else _values(batch.column(key))
        texts = _values(batch.column(text))
        if not names:
            yield from zip(keys, texts, strict=True)
            continue
        everything = zip(*(_values(batch.column(name)) for name in names), strict=True)
        fields = (dict(zip(names, values, strict=True)) for values in everything)
        yield from zip(keys, texts, fields, strict=True)


def _values(column: Any) -> Iterable[object]:
    """The values of a column as Python has them, one at a time."""
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
    return map(_value, column)


def _value(scalar: Any) -> object:
    value = scalar.as_py()
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
