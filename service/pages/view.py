"""A score in the words and shapes of the page. No decision is made here, only said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from model.score import Assertion, Decision, LeftOut, Reason, Score
from service.pages.highlight import segments
from service.readiness import Scorer

DECISIONS: Final[Mapping[Decision, str]] = {
    "flag": "Looks like mental-health-only demand: a person confirms before anything happens",
    "review": "The model does not know: a person reads this first",
    "pass": "Not flagged: the call goes on as it would without Signpost",
}
FACTORS: Final[Mapping[str, str]] = {
    "mental_health": "Mental health",
    "immediate_risk": "Immediate risk",
    "crime": "Crime",
    "police_duty": "Police duty",
}
ASSERTIONS: Final[Mapping[Assertion, str]] = {
    "present": "present",
    "negated": "negated",
    "historical": "historical",
    "conditional": "conditional",
    "other_person": "other person",
}

# Control characters have no shape in HTML; their pictures (␀, ␇ …) have, and keep every position.
_PICTURES: Final = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"} | {0x7F: 0x2421}


@dataclass(frozen=True, slots=True)
class Bar:
    """A probability from 0 to 1 as the page draws it, on a scale of 1,000; ``low`` and ``high`` bound the interval."""

    shown: str
    at: int
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True)
class FactorRow:
    """One factor: its probability, the model's range in words if it is known, and what the words that are not shown add
    up to."""

    key: str
    name: str
    bar: Bar
    range: str
    rest: str


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One reason, as the table lists it and the marks name it."""

    number: int
    factor: str
    factor_name: str
    words: str
    assertion: str
    assertion_name: str
    supports: bool
    weight: str

    @property
    def direction(self) -> str:
        """Which way the words speak."""
        return "for" if self.supports else "against"


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """A clause that the reader was made to do without, and how much of a factor's score went with it."""

    factor: str
    factor_name: str
    words: str
    supports: bool
    change: str

    @property
    def direction(self) -> str:
        """Which way the clause speaks."""
        return "for" if self.supports else "against"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the narrative from ``start`` on: the reason that colours it, all that it stands for, and the labels
    after it."""

    text: str
    start: int
    leading: ReasonRow | None
    reasons: tuple[ReasonRow, ...]
    ending: tuple[ReasonRow, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """All that the page says about one narrative. ``threshold`` is empty where another model has scored it than the
    one that is loaded; ``given`` are the reasons as they came."""

    decision: Decision
    headline: str
    because: tuple[str, ...]
    confidence: Bar
    interval: str
    factors: tuple[FactorRow, ...]
    reasons: tuple[ReasonRow, ...]
    pieces: tuple[Piece, ...]
    threshold: str
    model: str
    policy: str
    given: tuple[Reason, ...]
    clauses: tuple[ClauseRow, ...] = ()


def answer(text: str, score: Score, scorer: Scorer | None) -> Answer:
    """The page's view of ``score``, which was given to ``text`` by ``scorer``, if that is still loaded."""
    ranges = scorer.ranges(score) if scorer else {}
    rows = tuple(_reason_row(number, reason) for number, reason in enumerate(score.reasons, 1))
    low, high = score.interval
    return Answer(
        decision=score.decision,
        headline=DECISIONS[score.decision],
        because=tuple(because.text for because in score.because),
        confidence=Bar(percent(score.confidence), _scaled(score.confidence), _scaled(low), _scaled(high)),
        interval=f"{percent(low)} to {percent(high)}",
        factors=tuple(
            _factor_row(key, p, ranges.get(key), score.rest.get(key, 0.0)) for key, p in score.factors.items()
        ),
        reasons=rows,
        pieces=pieces(text, score.reasons, rows),
        threshold=threshold_words(scorer.facts()) if scorer else "",
        model=score.model,
        policy=score.policy,
        given=score.reasons,
        clauses=tuple(_clause_row(clause) for clause in score.left_out or ()),
    )


def pieces(
    text: str, reasons: Sequence[Reason], rows: Sequence[ReasonRow], borders: Sequence[int] = ()
) -> tuple[Piece, ...]:
    """The narrative cut at its reasons, and at ``borders`` too."""
    found: list[Piece] = []
    for segment in segments(text, reasons, borders):
        # A blank between two overlapping reasons would stand there as an empty box.
        marked = segment.numbers if segment.ending or not segment.text.isspace() else ()
        heaviest = max(marked, key=lambda number: abs(reasons[number - 1].weight), default=None)
        found.append(
            Piece(
                text=visible(segment.text),
                start=segment.start,
                leading=rows[heaviest - 1] if heaviest else None,
                reasons=tuple(rows[number - 1] for number in marked),
                ending=tuple(rows[number - 1] for number in segment.ending),
            )
        )
    return tuple(found)


def percent(probability: float) -> str:
    """A probability in whole per cent. It never claims to be sure: what rounds to 0 or 100 is said to be near it."""
    if probability > 0.99:
        return "over 99%"
    if probability < 0.01:
        return "under 1%"
    return f"{probability * 100:.0f}%"


def threshold_words(facts: Mapping[str, Any]) -> str:
    """What the threshold behind a flag is worth, in one sentence."""
    guarantee = facts["guarantee"]
    said = str(guarantee["text"])
    precision: Mapping[str, float] = guarantee.get("flag_precision_at_prevalence") or {}
    if precision:
        rising = sorted(precision.items(), key=lambda pair: float(pair[0].rstrip("%")))
        shares = ", ".join(f"{p:.0%} where {share} of calls are" for share, p in rising)
        said = f"{said} Expect this share of flags to be right, by how common mental-health-only calls are: {shares}."
    return f"The threshold is provisional. {said}" if guarantee["provisional"] else said


def visible(text: str) -> str:
    """The text with control characters as their pictures, position for position."""
    return text.translate(_PICTURES)


def _scaled(probability: float) -> int:
    return round(min(max(probability, 0.0), 1.0) * 1000)


def _signed(weight: float) -> str:
    # A true minus sign: as wide as the plus, and read out as one.
    return f"{weight:+.2f}".replace("-", "\N{MINUS SIGN}")


def _factor_row(key: str, probability: float, bounds: tuple[float, float] | None, rest: float) -> FactorRow:
    low, high = bounds or (probability, probability)
    bar = Bar(percent(probability), _scaled(probability), _scaled(low), _scaled(high))
    words = f"{percent(low)} to {percent(high)}" if percent(low) != percent(high) else ""
    return FactorRow(key, FACTORS.get(key, key), bar, words, _signed(rest))


def _clause_row(clause: LeftOut) -> ClauseRow:
    return ClauseRow(
        factor=clause.factor,
        factor_name=FACTORS.get(clause.factor, clause.factor),
        words=visible(clause.text),
        supports=clause.change > 0,
        change=_signed(clause.change),
    )


def _reason_row(number: int, reason: Reason) -> ReasonRow:
    return ReasonRow(
        number=number,
        factor=reason.factor,
        factor_name=FACTORS.get(reason.factor, reason.factor),
        words=visible(reason.text),
        assertion=reason.assertion,
        assertion_name=ASSERTIONS.get(reason.assertion, reason.assertion),
        supports=reason.weight > 0,
        weight=_signed(reason.weight),
    )
