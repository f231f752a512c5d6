"""A narrative with its labels: the row that ``data/``, training and review exports share."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, field_validator

from model.errors import NarrativeError
from model.factors import mental_health_only, needs_police
from model.narrative import Narrative

STYLES: Final = ("call_taker", "prose", "verbatim", "professional", "web", "timed_log")
REGISTERS: Final = ("everyday", "hard", "between")
DIFFICULTIES: Final = ("clear", "borderline")

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the labels of a reviewed incident come from: whether its reader saw the narrative only, how many people
    read it, and whether they named the ``factors`` or these follow from the ``outcome``."""

    blind: bool
    readers: int
    labels_from: str


class LabelledNarrative(BaseModel):
    """One line of ``data/**/*.jsonl`` (see the contract). ``mental_health_only`` is derived, never stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Name
    text: str
    mental_health: StrictBool
    immediate_risk: StrictBool
    crime: StrictBool
    police_duty: StrictBool
    difficulty: Literal["clear", "borderline"]
    register_: Annotated[Literal["everyday", "hard", "between"], Field(alias="register")]
    style: Literal["call_taker", "prose", "verbatim", "professional", "web", "timed_log"]
    caller: Name
    family: Name
    scenario: Name
    author: Name
    round: Annotated[int, Field(ge=0)]
    provenance: Provenance | None = None

    @field_validator("text")
    @classmethod
    def _scoreable(cls, text: str) -> str:
        try:
            Narrative.of(text)
        except NarrativeError as error:
            raise ValueError(error.detail) from None
        return text

    def labels(self) -> dict[str, bool]:
        """The four factors by name."""
        return {
            "mental_health": self.mental_health,
            "immediate_risk": self.immediate_risk,
            "crime": self.crime,
            "police_duty": self.police_duty,
        }

    @property
    def mental_health_only(self) -> bool:
        """The derived class."""
        return mental_health_only(self.labels())

    @property
    def needs_police(self) -> bool:
        """Whether a ``flag`` here would be unsafe."""
        return needs_police(self.labels())


class ContrastNarrative(LabelledNarrative):
    """A labelled narrative of a contrast set: ``group`` ties edits of one text together; ``expects`` says whether
    this member is the ``base``, must be judged the ``same`` as it, or must ``change``; ``capability`` names what the
    group probes."""

    group: Name
    expects: Literal["base", "same", "change"]
    capability: Name
