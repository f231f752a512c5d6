"""Reviewed calls from a file, as outcomes for the alarm."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError, field_validator

from model.errors import DataError
from model.factors import needs_police
from model.score import Decision
from service.monitoring.alarm import Outcome


class _Provenance(BaseModel):
    model_config = ConfigDict(extra="ignore")

    blind: StrictBool = True


class _Reviewed(BaseModel):
    """One line: the labels of a labelled narrative, the decision that was given, and what else is known of it."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: str = Field(min_length=1)
    mental_health: StrictBool
    immediate_risk: StrictBool
    crime: StrictBool
    police_duty: StrictBool
    decision: Decision
    model: str | None = None
    provenance: _Provenance = _Provenance()

    @field_validator("id", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def outcome(self) -> Outcome:
        labels: Mapping[str, Any] = self.model_dump()
        return Outcome(self.id, self.decision == "flag", needs_police(labels), self.model)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The outcomes in the order of the file, the rows that were no blind sample, and what is wrong with the others, one
    ``line: field: reason`` each."""

    outcomes: tuple[Outcome, ...]
    chosen: int
    faults: tuple[str, ...]


def read(path: Path) -> Reviewed:
    """Read reviewed calls: JSON Lines with ``id``, the four labels and ``decision``; ``model`` and
    ``provenance.blind`` where they are known. A text may stand in a row and is not looked at.

    A row whose provenance says that it was *not* chosen blind is left out: it was reviewed because of its answer, and
    among such rows the rate of unsafe flags is not the one that the guarantee speaks of.

    Raises:
        DataError: ``file-missing`` or ``file-unreadable``.
    """
    outcomes: list[Outcome] = []
    faults: list[str] = []
    chosen = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    row = _Reviewed.model_validate(orjson.loads(line))
                except orjson.JSONDecodeError:
                    faults.append(f"line {number}: it is not valid JSON")
                except ValidationError as error:
                    # By field and kind alone: a value may be a narrative.
                    faults.extend(
                        f"line {number}: {'.'.join(map(str, e['loc'])) or 'row'}: {e['type'].replace('_', ' ')}"
                        for e in error.errors(include_input=False, include_url=False, include_context=False)
                    )
                else:
                    if row.provenance.blind:
                        outcomes.append(row.outcome())
                    else:
                        chosen += 1
    except FileNotFoundError:
        raise DataError("file-missing", f"There is no file {path}.") from None
    except OSError as error:
        raise DataError("file-unreadable", f"{path} cannot be read: {error.strerror}.") from None
    return Reviewed(tuple(outcomes), chosen, tuple(faults))
