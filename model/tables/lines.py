"""JSON Lines: one object a line, whose keys are the columns."""

import io
import json
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any, Final

import orjson

from model.errors import DataError
from model.tables.rows import ITS_NUMBER, Columns, Record, Table
from model.tables.streams import LONGEST_RECORD, bounded_lines, refuse_utf16

_LOOKED_AT: Final = 32  # there is no header: so many rows are looked at for the columns there are


def read(file: io.BufferedReader, columns: Columns) -> Table:
    """Read JSON Lines, from a file or as they come; raises as ``open_table`` says."""
    refuse_utf16(file)
    values = _objects(file)
    text, key = columns.text, columns.key
    looked_at: list[Mapping[str, Any] | DataError] = []
    found: dict[str, None] = {}
    for value in islice(values, _LOOKED_AT):
        looked_at.append(value)
        if not isinstance(value, DataError):
            found |= dict.fromkeys(value)
        if text in found and key in found:
            break
    if not all(isinstance(value, DataError) for value in looked_at):
        columns.places(list(found))
    no_key = None if key in found else ITS_NUMBER

    def record(value: Mapping[str, Any] | DataError) -> Record:
        if isinstance(value, DataError):
            return no_key, value
        found = value.get(key, no_key), value.get(text)
        return (*found, value) if columns.whole else found

    return Table.in_bytes(map(record, chain(looked_at, values)), file)


def _objects(file: io.BufferedReader) -> Iterator[Mapping[str, Any] | DataError]:
    """The object of each line that is not blank, or what is wrong with it."""
    for number, line in enumerate(bounded_lines(file, LONGEST_RECORD, b"\n"), start=1):
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
            value = json.loads(line.decode("utf-8", "surrogateescape"), parse_constant=int)  # which takes no NaN
        except (ValueError, RecursionError):
            return DataError("row-unreadable", f"Line {number} is not valid JSON, from column {error.colno} on.")
    if not isinstance(value, dict):
        return DataError("row-unreadable", f'Line {number} is not a JSON object, such as {{"id": "…", "text": "…"}}.')
    return value
