"""What a folder holds, cut into parts, and which of them are still to be scored."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from model.errors import DataError
from model.scoring import whole_file
from model.tables import SUFFIXES, Columns, count_rows

PART_ROWS: Final = 10_000
"""Rows of a part: some ten seconds of work for a core, which is what a lost worker costs at most."""

_RUN: Final = "run.json"
_FINISHED: Final = "parts.jsonl"


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the folder by its path in it, with the sha256 of its bytes and the number of its rows."""

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Part:
    """``rows`` rows of ``source`` from row ``first`` (counted from 0) on, whose results go to ``output``. ``name`` is
    the output's path within the output folder."""

    name: str
    source: Path
    first: int
    rows: int
    output: Path


@dataclass(frozen=True, slots=True)
class Finished:
    """A part that stands complete on disk: its rows, those of them with an error, the sha256 of its bytes."""

    part: str
    rows: int
    errors: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """The files that can be scored, those that cannot with the reason, and the number of files of other kinds."""

    sources: tuple[Source, ...]
    faults: Mapping[str, DataError]
    ignored: int


def inventory(folder: Path, columns: Columns) -> Inventory:
    """Look through a folder, at any depth, in the order of the names. What begins with ``.`` or ``_`` is passed over,
    as Spark and Dask do.

    Raises:
        DataError: ``file-missing``: there is nothing to score in the folder.
    """
    sources: list[Source] = []
    faults: dict[str, DataError] = {}
    ignored = 0
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or any(piece.startswith((".", "_")) for piece in inside.parts):
            continue
        if path.suffix.lower() not in SUFFIXES:
            ignored += 1
            continue
        try:
            sources.append(Source(inside.as_posix(), _sha256(path), count_rows(path, columns)))
        except DataError as error:
            faults[inside.as_posix()] = error
    if not sources and not faults:
        raise DataError("file-missing", f"There is no file in {folder} that ends in {', '.join(SUFFIXES)}.")
    return Inventory(tuple(sources), faults, ignored)


def parts(sources: Sequence[Source], folder: Path, into: Path, form: str, rows: int = PART_ROWS) -> Iterator[Part]:
    """The parts of at most ``rows`` rows, in order: ``calls.parquet/00000.jsonl`` and so on in the folder ``into``."""
    for source in sources:
        for number, first in enumerate(range(0, max(source.rows, 1), rows)):
            name = f"{source.name}/{number:05}.{form}"
            yield Part(name, (folder / source.name).resolve(), first, min(rows, source.rows - first), into / name)


def begin(into: Path, run: Mapping[str, Any]) -> dict[str, Finished]:
    """Begin a run in its output folder, or go on with the one that stopped there.

    Args:
        into: the output folder, made when it is not there.
        run: everything that the bytes of the output depend on, as JSON can carry it.

    Returns:
        The parts that are finished, by name.

    Raises:
        DataError: ``run-different``: the folder holds another run, or something else.
    """
    into.mkdir(parents=True, exist_ok=True)
    record, wanted = into / _RUN, orjson.dumps(run, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    if not record.exists():
        if any(into.iterdir()):
            raise DataError("run-different", f"{into} is not empty and holds no run of Signpost. Name another folder.")
        with whole_file(record) as stream:
            stream.write(wanted)
        return {}
    _refuse_another(into, record, wanted)
    try:
        lines = (into / _FINISHED).read_bytes().splitlines()
    except FileNotFoundError:
        return {}
    done = (part for line in lines if (part := _finished(line)) is not None)
    return {part.part: part for part in done if (into / part.part).is_file()}


def note(into: Path, finished: Finished) -> None:
    """Record that a part is finished. A part that is not recorded is scored again, which costs only time."""
    line = {"part": finished.part, "rows": finished.rows, "errors": finished.errors, "sha256": finished.sha256}
    with (into / _FINISHED).open("ab") as file:
        file.write(b"\n" * _torn(into / _FINISHED) + orjson.dumps(line) + b"\n")


def _torn(path: Path) -> bool:
    """Whether the last line was cut off in the middle of writing it."""
    with path.open("rb") as file:
        if not file.seek(0, 2):
            return False
        file.seek(-1, 2)
        return file.read(1) != b"\n"


def _finished(line: bytes) -> Finished | None:
    try:
        return Finished(**orjson.loads(line))
    except (ValueError, TypeError):  # cut off when the run was stopped
        return None


def _refuse_another(into: Path, record: Path, wanted: bytes) -> None:
    try:
        there, here = dict(orjson.loads(record.read_bytes())), orjson.loads(wanted)
    except (ValueError, TypeError):
        raise DataError("run-different", f"{record} cannot be read. Name another folder.") from None
    different = sorted(key for key in here if there.get(key) != here[key])
    if different:
        raise DataError(
            "run-different",
            f"{into} holds a run that cannot be gone on with: different {', '.join(different)}. Name another folder, "
            "or remove this one.",
        )


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError("file-unreadable", f"{path} cannot be read: {error.strerror}.") from None
