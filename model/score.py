"""What Signpost answers about one narrative: plain frozen values, and the one JSON form they have everywhere."""

from dataclasses import dataclass, field
from typing import Any, Literal

Decision = Literal["flag", "review", "pass"]
Assertion = Literal["present", "negated", "historical", "conditional", "other_person"]


@dataclass(frozen=True, slots=True)
class Because:
    """Why the decision is what it is: a stable code, and the same in words."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A part of the text and what it adds to one factor's logit before calibration.

    ``start`` and ``end`` count characters of the text exactly as it was given; ``weight`` is positive when
    the part speaks for the factor.
    """

    factor: str
    text: str
    start: int
    end: int
    assertion: Assertion
    weight: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A clause, and how much of a factor's logit goes when the reader reads the narrative without it.

    No part of a sum: the reader weighs clauses by each other. ``start`` and ``end`` as in ``Reason``.
    """

    factor: str
    text: str
    start: int
    end: int
    change: float

    def as_dict(self) -> dict[str, Any]:
        """JSON-able, the change to three decimals."""
        return {
            "factor": self.factor,
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "change": round(self.change, 3),
        }


@dataclass(frozen=True, slots=True)
class Observation:
    """A score as statistics see it: no text and no key.

    ``confidence`` is uncorrected for prevalence, ``factors`` in the order of ``FACTORS``, ``decision`` is ``None``
    while flagging is paused, ``unknown`` the share of ``words`` never met in training, ``cues`` the kinds that are
    asserted as present.
    """

    confidence: float
    factors: tuple[float, ...]
    decision: Decision | None
    words: int
    unknown: float
    cues: frozenset[str]


@dataclass(frozen=True, slots=True)
class Score:
    """The answer. ``confidence`` is the calibrated probability of the derived class, ``interval`` its
    Venn-Abers bounds, ``factors`` the four calibrated probabilities. Per factor, the weights of its reasons
    and ``rest`` add up to the logit (to 1e-3)."""

    decision: Decision
    because: tuple[Because, ...]
    confidence: float
    interval: tuple[float, float]
    factors: dict[str, float]
    reasons: tuple[Reason, ...]
    rest: dict[str, float]
    model: str
    policy: str
    stop_cues: tuple[str, ...] = field(default=())
    """Names of the stop cues that turned a ``flag`` into ``review``; counted in the metrics, not serialised."""
    observation: Observation | None = None
    """What goes into the profile of the day; not serialised."""
    left_out: tuple[LeftOut, ...] | None = None
    """What the reader took from the clauses; ``None`` where nobody asked, and then not serialised."""

    def as_dict(self, id: Any = None) -> dict[str, Any]:
        """The contract's JSON object: probabilities to four decimals, weights to three, keys in a fixed order."""
        asked = {} if self.left_out is None else {"clauses": [clause.as_dict() for clause in self.left_out]}
        return {
            "id": id,
            "decision": self.decision,
            "because": [{"code": b.code, "text": b.text} for b in self.because],
            "confidence": round(self.confidence, 4),
            "interval": [round(self.interval[0], 4), round(self.interval[1], 4)],
            "factors": {name: round(p, 4) for name, p in self.factors.items()},
            "reasons": [
                {
                    "factor": r.factor,
                    "text": r.text,
                    "start": r.start,
                    "end": r.end,
                    "assertion": r.assertion,
                    "weight": round(r.weight, 3),
                }
                for r in self.reasons
            ],
            "rest": {name: round(w, 3) for name, w in self.rest.items()},
            "model": self.model,
            "policy": self.policy,
            **asked,
        }
