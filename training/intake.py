"""A force's own labelled narratives: whatever it brings, checked row by row before anything is trained.

Rows with problems cost no good row, and none is dropped: they are set aside as they came, and every problem is listed
with its file, row, field and reason. No listing ever holds a narrative.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import ValidationError

from model.errors import DataError
from model.labelled import LabelledNarrative
from model.tables import Columns, Row, open_table
from training.corpus import Fault
from training.mapping import ColumnMapping

KEYS: Final = ("author", "scenario", "incident", "person")
"""What rows may share, so that no split may cut it."""

_ENDINGS: Final = (".csv", ".xlsx", ".jsonl", ".parquet")
_BESIDE: Final = ("incident", "person", "date")
_MOST_UNUSED: Final = 40


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled narrative with what is known of where it comes from.

    ``keys`` are those of ``KEYS`` that the row itself carried. ``blind`` says whether a reviewer labelled it from a
    random draw before any score was shown; ``None`` where nothing says how it came to be labelled. ``own`` is false
    for the synthetic corpus.
    """

    narrative: LabelledNarrative
    keys: Mapping[str, str] = field(default_factory=dict)
    day: date | None = None
    blind: bool | None = None
    readers: int | None = None
    own: bool = True


@dataclass(frozen=True, slots=True)
class Intake:
    """What the files held: good rows, faults, and the faulty rows as they came, with their place."""

    examples: list[Example]
    faults: list[Fault]
    set_aside: list[dict[str, Any]]
    unused: dict[str, list[str]]

    @property
    def share_faulty(self) -> float:
        """Of all rows."""
        return len(self.set_aside) / max(1, len(self.examples) + len(self.set_aside))

    def facts(self) -> dict[str, Any]:
        """For the report, JSON-able."""
        return {
            "rows": len(self.examples) + len(self.set_aside),
            "taken": len(self.examples),
            "set_aside": len(self.set_aside),
            "share_set_aside": self.share_faulty,
            "faults": len(self.faults),
            "faults_by_field": dict(Counter(fault.field for fault in self.faults).most_common()),
            "columns_not_used": self.unused,
        }


def take_in(paths: Iterable[Path], mapping: ColumnMapping) -> Intake:
    """Every row of the files, folders read recursively in the order of their paths.

    Raises:
        DataError: ``file-missing``, ``format-unknown``, ``file-unreadable`` or ``column-missing``.
    """
    intake = Intake([], [], [], {})
    seen: dict[str, str] = {}
    for path in _files(paths):
        unused: set[str] = set()
        for row in _rows(path, mapping):
            given = dict(row.fields or {})
            unused |= given.keys() - set(mapping.columns.values()) - {"provenance"}
            example, faults = _example(row, given, mapping, str(path))
            if example is not None and (first := seen.get(example.narrative.id)):
                faults = [Fault(str(path), row.number, "id", f"the same id stands already at {first}")]
            if faults or example is None:
                intake.faults.extend(faults)
                intake.set_aside.append({"file": str(path), "row": row.number, "fields": given})
                continue
            seen[example.narrative.id] = f"{path}, row {row.number}"
            intake.examples.append(example)
        if unused:
            intake.unused[str(path)] = sorted(unused)[:_MOST_UNUSED]
    return intake


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise DataError("file-missing", f"There is no file or folder {path}.")
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in _ENDINGS) if path.is_dir() else [path]
        if not inside:
            raise DataError("file-missing", f"The folder {path} holds no file that ends in {', '.join(_ENDINGS)}.")
        found += inside
    return found


def _rows(path: Path, mapping: ColumnMapping) -> Iterator[Row]:
    columns = Columns(mapping.columns["text"], mapping.columns["id"], whole=True)
    try:
        with open_table(path, columns) as table:
            yield from table.rows
    except DataError as error:
        # The tables speak of the options of `signpost score`; here the mapping file names columns.
        advice = " A mapping file (--mapping) says which column is which." if error.code == "column-missing" else ""
        raise DataError(error.code, f"{path}: {error.detail.split(' Choose one with')[0]}{advice}") from None


def _example(
    row: Row, given: Mapping[str, Any], mapping: ColumnMapping, file: str
) -> tuple[Example | None, list[Fault]]:
    if row.error is not None:
        name = "id" if row.error.code == "id-invalid" else "row" if row.error.code == "row-unreadable" else "text"
        return None, [Fault(file, row.number, name, row.error.detail)]
    values: dict[str, Any] = {"id": None if row.id is None else str(row.id)}
    faults: list[Fault] = []
    for name, column in mapping.columns.items():
        if name == "id" or _blank(given.get(column)):
            continue
        try:
            values[name] = mapping.value(name, given[column])
        except ValueError as error:
            faults.append(Fault(file, row.number, name, str(error)))
            values[name] = mapping.defaults.get(name, False)
    keys: dict[str, str] = {key: str(values[key]) for key in KEYS if key in values}
    day, incident, person = (values.pop(name, None) for name in ("date", "incident", "person"))
    defaults = {**mapping.defaults, "scenario": incident or values["id"], "author": person or incident or values["id"]}
    provenance, odd = _provenance(given.get("provenance"))
    if odd:
        faults.append(Fault(file, row.number, "provenance", odd))
    try:
        narrative = LabelledNarrative.model_validate({**defaults, **values})
    except ValidationError as error:
        listed = {fault.field for fault in faults}
        for problem in error.errors(include_input=False, include_url=False):
            name = ".".join(map(str, problem["loc"])) or "row"
            if name not in listed:
                reason = "is missing" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
                faults.append(Fault(file, row.number, name, reason))
        return None, faults
    day = day if isinstance(day, date) else None
    return (
        None if faults else Example(narrative, keys, day, provenance.get("blind"), provenance.get("readers"))
    ), faults


def _provenance(given: Any) -> tuple[dict[str, Any], str | None]:
    if given is None or given == "":
        return {}, None
    if isinstance(given, str):
        try:
            given = orjson.loads(given)
        except orjson.JSONDecodeError:
            given = None
    if not isinstance(given, dict):
        return {}, "is no JSON object"
    blind, readers = given.get("blind"), given.get("readers")
    if not (blind is None or isinstance(blind, bool)) or not (readers is None or isinstance(readers, int)):
        return {}, "must have blind as true or false, and readers as a whole number"
    return {"blind": blind, "readers": readers}, None


def _blank(given: Any) -> bool:
    return given is None or given == "" or (isinstance(given, float) and math.isnan(given))
