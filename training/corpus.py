"""The corpus on disk: read, validated row by row, every fault reported with its place."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import orjson
from pydantic import ValidationError

from model.errors import DataError
from model.labelled import ContrastNarrative, LabelledNarrative

DATA: Final = Path(__file__).parent.parent / "data"
NARRATIVES: Final = DATA / "narratives"
CONTRAST: Final = DATA / "contrast"

L = TypeVar("L", bound=LabelledNarrative)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one row. ``reason`` never repeats the narrative."""

    file: str
    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.reason}"


def read_corpus(paths: Iterable[Path]) -> list[LabelledNarrative]:
    """All labelled narratives of the files, folders read recursively, in the order of their paths.

    Raises:
        DataError: ``file-missing``, or ``rows-invalid`` with every faulty row, one a line.
    """
    return _all_or_nothing(paths, LabelledNarrative)


def read_contrast(paths: Iterable[Path]) -> list[ContrastNarrative]:
    """All members of contrast sets; otherwise as ``read_corpus``."""
    return _all_or_nothing(paths, ContrastNarrative)


def _all_or_nothing(paths: Iterable[Path], kind: type[L]) -> list[L]:
    rows, faults = read_rows(paths, kind)
    if faults:
        listing = "\n".join(str(f) for f in faults)
        raise DataError("rows-invalid", f"{len(faults)} faults in labelled narratives:\n{listing}")
    return rows


def read_rows(paths: Iterable[Path], kind: type[L]) -> tuple[list[L], list[Fault]]:
    """The good rows, and every fault of the bad ones: a bad row costs no good one.

    Raises:
        DataError: ``file-missing``.
    """
    rows: list[L] = []
    faults: list[Fault] = []
    seen: dict[str, str] = {}
    for path in _files(paths):
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            if not line.strip():
                continue
            row, found = _read_line(line, str(path), number, kind)
            faults.extend(found)
            if row is None:
                continue
            if row.id in seen:
                faults.append(Fault(str(path), number, "id", f"{row.id!r} stands already at {seen[row.id]}"))
                continue
            seen[row.id] = f"{path}:{number}"
            rows.append(row)
    return rows, faults


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise DataError("file-missing", f"There is no file or folder {path}.")
        found += sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
    return found


def _read_line(line: bytes, file: str, number: int, kind: type[L]) -> tuple[L | None, list[Fault]]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return None, [Fault(file, number, "line", f"is not valid UTF-8 JSON: {error.msg}")]
    try:
        return kind.model_validate(value), []
    except ValidationError as error:
        return None, [
            Fault(file, number, ".".join(str(p) for p in e["loc"]) or "line", str(e["msg"]))
            for e in error.errors(include_input=False, include_url=False)
        ]
