"""The shapes of requests and answers, as the OpenAPI document shows them.

They document and test; no request pays for them: requests are checked in ``bodies``, where an error can be told
per item, and answers are the bytes of ``Score.as_dict``, the same as the command line writes.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel

Probability = Annotated[float, Field(ge=0, le=1)]
Identity = Annotated[
    str | Annotated[int, Field(ge=-(2**63), le=2**64 - 1)] | Annotated[float, Field(gt=-(2**53), lt=2**53)] | None,
    Field(description="Any string, null, or number that comes back as it came. Need not be unique."),
]
Words = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
SomeWords = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
VISIBLE: dict[str, JsonValue] = {"format": "narrative"}
"""A format of ours: not every character is blank or invisible."""
Factor = Literal["mental_health", "immediate_risk", "crime", "police_duty"]


class ScoreRequest(BaseModel):
    """One narrative."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "2026-11-21-0417", "text": "Caller states his sister is talking to the walls again."}]
        }
    )

    text: str = Field(
        description="The narrative: 1 to 20,000 characters, not all of them blank or invisible.",
        min_length=1,
        max_length=20_000,
        json_schema_extra=VISIBLE,
    )
    id: Identity = None
    clauses: bool = Field(
        default=False,
        description="Of a single narrative, also tell what the reader took from each clause: the narrative read again "
        "without it. Takes longer; empty where the model has no reader.",
    )


class BatchRequest(BaseModel):
    """Up to a thousand narratives."""

    items: list[ScoreRequest | Any] = Field(
        max_length=1000, description="Scored one by one. Whatever else stands there gets an error in its place."
    )


class BecauseBody(BaseModel):
    """Why the decision is what it is."""

    code: str = Field(description="Stable.")
    text: str = Field(description="The same in words.")


class ReasonBody(BaseModel):
    """A part of the text, and what it adds to one factor's logit before calibration."""

    factor: Factor
    text: str = Field(description="The words, exactly as given.")
    start: int = Field(ge=0, description="Where the words begin, in characters of the text as given.")
    end: int = Field(ge=0, description="Where they end.")
    assertion: Literal["present", "negated", "historical", "conditional", "other_person"]
    weight: float = Field(description="Positive when the words speak for the factor.")


class ScoreBody(BaseModel):
    """The answer. No decision closes, downgrades or delays a call."""

    id: Identity
    decision: Literal["flag", "review", "pass"] = Field(
        description="flag: looks like mental-health-only demand, a person confirms before anything happens. "
        "review: the model does not know, a person reads it first. "
        "pass: not flagged, the call goes on as it would without Signpost."
    )
    because: list[BecauseBody]
    confidence: Probability = Field(description="Calibrated probability of mental-health-only demand.")
    interval: Annotated[list[Probability], Field(min_length=2, max_length=2, description="Its Venn-Abers bounds.")]
    factors: dict[Factor, Probability] = Field(description="Calibrated probabilities of the four factors.")
    reasons: Annotated[list[ReasonBody], Field(max_length=8)]
    rest: dict[Factor, float] = Field(description="The bias and all that is not shown: weights + rest = the logit.")
    model: str = Field(description="The model's version.")
    policy: str = Field(description="The policy's version.")


class LeftOutBody(BaseModel):
    """A clause, and how much of a factor's logit goes when the reader reads the narrative without it. No part of a
    sum: the reader weighs clauses by each other."""

    factor: Factor
    text: str = Field(description="The clause, exactly as given.")
    start: int = Field(ge=0, description="Where it begins, in characters of the text as given.")
    end: int = Field(ge=0, description="Where it ends.")
    change: float = Field(description="Positive when the clause speaks for the factor.")


class SingleBody(ScoreBody):
    """The answer to one narrative."""

    clauses: list[LeftOutBody] | None = Field(default=None, description="Only where it was asked for.")


class ItemError(BaseModel):
    """What is wrong with one item."""

    code: str
    detail: str


class RefusedItem(BaseModel):
    """An item of a batch that could not be scored."""

    id: Identity
    error: ItemError


class BatchBody(BaseModel):
    """The answers, in the order of the items."""

    results: list[ScoreBody | RefusedItem]


class ModelFacts(BaseModel):
    """What is known about the model that answers."""

    model_config = ConfigDict(extra="allow")

    version: str
    data: Any = Field(description="What it was trained on.")
    figures: Any = Field(description="What was measured.")
    thresholds: Any
    guarantee: Any = Field(description="What the thresholds are worth.")
    policy: Any


class Health(BaseModel):
    """A sign of life."""

    status: Literal["live", "ready"]
    refused: str | None = Field(default=None, description="Why a newer model was not taken, if one was not.")
    database: str | None = Field(default=None, description="What is wrong with the database, if anything is.")


class Problem(BaseModel):
    """An error (RFC 9457). Holds nothing of what was sent."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable; the same on the command line.")
    field: str | None = Field(default=None, description="The part of the request at fault, if one is.")


class IncidentRequest(BaseModel):
    """The whole log of an incident so far."""

    text: str = Field(
        description="The whole log: 1 to 1,000,000 characters; over 20,000 the answer is `review`.",
        min_length=1,
        max_length=1_000_000,
        json_schema_extra=VISIBLE,
    )
    version: int | None = Field(
        default=None,
        ge=0,
        lt=2**31,
        description="The version that you last saw (or send If-Match); 409 if there is a newer one.",
    )


class IncidentBody(ScoreBody):
    """The score, and where the incident stands. `id` is the reference."""

    reference: str
    version: int
    state: Literal["unlisted", "waiting", "handed-over", "settled"] = Field(
        description="unlisted: nobody is asked. waiting: in the queue. handed-over: offered to a service. "
        "settled: a person has given its end."
    )
    escalated: bool = Field(description="It had looked calm, and no longer does; until a person decides.")


class Standing(BaseModel):
    """Where an incident stands, without its narrative."""

    reference: str
    version: int
    state: Literal["unlisted", "waiting", "handed-over", "settled"]
    decision: Literal["flag", "review", "pass"]
    escalated: bool
    deadline: datetime | None
    changed: datetime


_RECORDED: Final = "Goes into the record. Do not copy the narrative here."


class Judged(BaseModel):
    """The four factors as a person judges them."""

    model_config = ConfigDict(extra="forbid")

    mental_health: bool
    immediate_risk: bool
    crime: bool
    police_duty: bool


class _Decision(BaseModel):
    version: int = Field(ge=0, lt=2**31, description="The version that was read.")
    factors: Judged | None = Field(default=None, description="The four as you judge them, for retraining.")


class Signposted(_Decision):
    """The call goes to a service, which is asked."""

    outcome: Literal["signposted"]
    destination: str = Field(description="The id of the service.")
    why: Words = Field(default="", description=_RECORDED)


class PoliceOrInformation(_Decision):
    """The police attend, or more information is needed first."""

    outcome: Literal["police", "information"]
    destination: None = None
    why: Words = Field(default="", description=_RECORDED)


class Other(_Decision):
    """Something else happens."""

    outcome: Literal["other"]
    destination: None = None
    why: SomeWords = Field(description=f"What happens instead. {_RECORDED}")


class DecisionRequest(RootModel[Annotated[Signposted | PoliceOrInformation | Other, Field(discriminator="outcome")]]):
    """What a person decides."""


class Accepted(BaseModel):
    """The service takes the call."""

    accepted: Literal[True]
    by: SomeWords = Field(description="Who there said so.")
    why: Words = ""


class Refused(BaseModel):
    """It does not: the incident comes back."""

    accepted: Literal[False]
    by: Words = ""
    why: Words = ""


class HandoverRequest(RootModel[Accepted | Refused]):
    """What a service said to a hand-over."""


class ReopenRequest(BaseModel):
    """Why an incident is opened again."""

    why: SomeWords


class StateBody(BaseModel):
    """Where the incident stands now."""

    state: Literal["unlisted", "waiting", "handed-over", "settled"]


class NextBody(BaseModel):
    """The incident that is now yours."""

    reference: str | None


class DecisionBody(BaseModel):
    """What became of a decision."""

    decision: int
    reference: str
    version: int
    state: str
    outcome: str
    deadline: datetime | None
    undo_until: datetime
    follows: bool | None = Field(description="Whether it went with the suggestion; null where there was none.")


class QueueBody(BaseModel):
    """A page of the queue."""

    model_config = ConfigDict(extra="allow")

    items: list[Any]
    readings: list[Any]
    counts: dict[str, int]
    start: int
    more: bool


class SeenBody(BaseModel):
    """An incident as its reader sees it. `score` is null in a blind look."""

    model_config = ConfigDict(extra="allow")

    reference: str
    version: int
    blind: bool
    text: str | None
    score: ScoreBody | None
    decisions: list[Any]
    handovers: list[Any]


class DestinationsBody(BaseModel):
    """The force's list of services."""

    destinations: list[dict[str, Any]]


class AssuranceBody(BaseModel):
    """How people and the model do together; see docs/record.md."""

    model_config = ConfigDict(extra="allow")

    days: int
    decisions: int
    kappa: float | None
