"""The first sheet of an Excel workbook."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, Final

from model.errors import DataError, NarrativeError
from model.tables.damage import damage_said, guarded
from model.tables.rows import ITS_NUMBER, Columns, Record, Table, without_last_blanks

LARGEST_WORKBOOK: Final = 500_000_000
"""Bytes that a workbook may have once it is unpacked. Its table of strings is held in memory."""

_MOST_ROWS: Final = 1_048_576  # Excel's own limit; a row number above it is a fault, or a bomb
_KIND: Final = "an Excel workbook"


def read(file: io.BufferedReader, columns: Columns) -> Table:
    """Read a workbook; raises as ``open_table`` says."""
    import openpyxl  # here, because it is slow to import and most tables are not Excel's

    _refuse_bomb(file)
    with damage_said(_KIND):
        sheet = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False).worksheets[0]
        total = sheet.max_row
        # Some programs write a size that is wrong, and rows and columns beyond it would not be read.
        sheet.reset_dimensions()
        rows = guarded(sheet.iter_rows(), _KIND)
    names = [str(cell.value).strip() if cell.value is not None else "" for cell in next(rows, ())]
    text_at, id_at = columns.places(names)

    def record(cells: Sequence[Any]) -> Record:
        found = ITS_NUMBER if id_at is None else _value(cells, id_at), _value(cells, text_at)
        return (*found, {n: _value(cells, i) for i, n in enumerate(names) if n}) if columns.whole else found

    def records() -> Iterator[Record | None]:
        for number, cells in enumerate(rows, start=1):
            if number > _MOST_ROWS:
                raise DataError("file-unreadable", f"The sheet has more than Excel's {_MOST_ROWS:,} rows.")
            # Excel keeps formatted empty rows at the end.
            yield None if all(cell.value is None for cell in cells) else record(cells)

    return Table.in_rows(without_last_blanks(records(), record(())), total - 1 if total else None)


def _value(cells: Sequence[Any], at: int) -> object:
    """What a cell holds. An error value of Excel's is an error of ours: of the text, and no key that can be echoed."""
    if at >= len(cells):
        return None
    cell = cells[at]
    if cell.data_type == "e":
        return NarrativeError("text-not-a-string", "The text is one of Excel's error values, not a string.")
    # Excel writes a carriage return in this way, and openpyxl leaves it so.
    return cell.value.replace("_x000D_", "\r") if isinstance(cell.value, str) else cell.value


def _refuse_bomb(file: io.BufferedReader) -> None:
    with damage_said(_KIND, " A workbook with a password must be saved without it."), zipfile.ZipFile(file) as archive:
        # No more than the declared size is ever unpacked, so that it can be taken at its word.
        size = sum(part.file_size for part in archive.infolist())
    if size > LARGEST_WORKBOOK:
        raise DataError(
            "file-unreadable",
            f"The workbook says that it unpacks to {size:,} bytes; at most {LARGEST_WORKBOOK:,} are opened. "
            "Save it as CSV.",
        )
    file.seek(0)
