"""How a force's columns become ours: the mapping file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from model.errors import DataError
from model.factors import FACTORS

DEFAULTS: Final = Path(__file__).parent / "intake.toml"

_YES: Final = frozenset({"true", "yes", "y", "1"})
_NO: Final = frozenset({"false", "no", "n", "0"})


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Our field → their column, what stands there → what it means, and what a field is where there is none.

    ``formats`` are of dates, for ``strptime``; ``most_faulty`` is the share of faulty rows that stops a run.
    """

    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, Any]]
    defaults: Mapping[str, Any]
    formats: tuple[str, ...]
    most_faulty: float

    def value(self, field: str, given: Any) -> Any:
        """What a cell means.

        Raises:
            ValueError: it means nothing that the field can hold; the message never repeats the cell.
        """
        mapped = self.values.get(field, {}).get(given.strip() if isinstance(given, str) else str(given))
        if mapped is not None:
            return mapped
        if field in FACTORS:
            return _boolean(given)
        if field == "date":
            return self._date(given)
        if field == "round":
            return _whole(given)
        return given if isinstance(given, str) or field == "text" else _name(given)

    def _date(self, given: Any) -> date:
        if isinstance(given, datetime):
            return given.date()
        if isinstance(given, date):
            return given
        if isinstance(given, str):
            try:
                return datetime.fromisoformat(given.strip()).date()
            except ValueError:
                pass
            for form in self.formats:
                try:
                    return datetime.strptime(given.strip(), form).date()
                except ValueError:
                    continue
        raise ValueError("is no date in ISO 8601 or in a form that [dates] of the mapping file names")


def read_mapping(path: Path | None = None) -> ColumnMapping:
    """The mapping file over the defaults (``intake.toml``): what it leaves out stays as it is there.

    Raises:
        DataError: ``file-missing``, ``file-unreadable``, or ``mapping-invalid`` naming the entry.
    """
    table = _read(DEFAULTS)
    if path is not None:
        given = _read(path)
        unknown = sorted(given.keys() - table.keys()) or sorted(
            field for part in ("columns", "values") for field in given.get(part, {}) if field not in table["columns"]
        )
        if unknown:
            raise DataError(
                "mapping-invalid",
                f"{path}: there is no {unknown[0]!r}. A mapping file has {', '.join(table)}; the fields are "
                f"{', '.join(table['columns'])}.",
            )
        table = {
            name: {**part, **given.get(name, {})} if isinstance(part, dict) else given.get(name, part)
            for name, part in table.items()
        }
    try:
        return ColumnMapping(
            columns={str(k): str(v) for k, v in table["columns"].items()},
            values={str(k): dict(v) for k, v in table["values"].items()},
            defaults=dict(table["defaults"]),
            formats=tuple(map(str, table["dates"]["formats"])),
            most_faulty=float(table["most_faulty"]),
        )
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise DataError("mapping-invalid", f"{path}: an entry has the wrong shape ({error}).") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise DataError("file-missing", f"There is no mapping file {path}.") from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError("file-unreadable", f"The mapping file {path} cannot be read: {error}") from None


def _boolean(given: Any) -> bool:
    word = str(given).strip().lower().removesuffix(".0")
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError(
        "is neither yes nor no (true, yes, y, 1; false, no, n, 0); [values] of a mapping file can say more"
    )


def _whole(given: Any) -> int:
    try:
        number = float(given)
    except (TypeError, ValueError):
        number = 0.5
    if number != int(number):
        raise ValueError("is no whole number")
    return int(number)


def _name(given: Any) -> str:
    return str(int(given)) if isinstance(given, float) and given.is_integer() else str(given)
