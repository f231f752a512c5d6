"""What CSV and JSON Lines share: lines within bounds, in UTF-8."""

import io
from collections.abc import Iterator
from typing import IO, AnyStr, Final

from model.errors import DataError

LONGEST_RECORD: Final = 8_000_000
"""Characters (CSV) or bytes (JSON Lines) of one record: room for a megabyte of text, however it is escaped."""


def bounded_lines(stream: IO[AnyStr], most: int, *ends: AnyStr) -> Iterator[AnyStr]:
    """The lines of a stream; of one longer than ``most``, only so much that this is seen."""
    while line := stream.readline(most + 1):
        if len(line) > most and not line.endswith(ends):
            while (rest := stream.readline(most)) and not rest.endswith(ends):
                pass
        yield line


def refuse_utf16(file: io.BufferedReader) -> None:
    """Raise ``DataError`` (``file-unreadable``) where a file begins like UTF-16."""
    if file.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError("file-unreadable", "The text is UTF-16. Export it as UTF-8.")
