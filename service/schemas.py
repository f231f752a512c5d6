"""The shapes of requests and answers, as the OpenAPI document shows them.

They document and test; no request pays for them: requests are checked in ``bodies``, where an error can be told
per item, and answers are the bytes of ``Score.as_dict``, the same as the command line writes.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(ge=0, le=1)]
Identity = Annotated[
    str | int | float | None,
    Field(description="Any string, number or null; given back as it came. Need not be unique."),
]
Factor = Literal["mental_health", "immediate_risk", "crime", "police_duty"]


class ScoreRequest(BaseModel):
    """One narrative."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "2026-11-21-0417", "text": "Caller states his sister is talking to the walls again."}]
        }
    )

    text: str = Field(description="The narrative: 1 to 20,000 characters, not all of them blank.")
    id: Identity = None


class BatchRequest(BaseModel):
    """Up to a thousand narratives."""

    items: list[ScoreRequest] = Field(max_length=1000, description="Scored one by one; a bad one costs no other.")


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


class Problem(BaseModel):
    """An error (RFC 9457). Holds nothing of what was sent."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable; the same on the command line.")
    field: str | None = Field(default=None, description="The part of the request at fault, if one is.")
