"""The errors themselves, worst first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from model.labelled import LabelledNarrative
from model.score import Score
from training.evidence.parts import Part


@dataclass(frozen=True, slots=True)
class Mistake:
    """A narrative on which the answer was wrong: ``unsafe`` (flagged, needs the police), ``needless`` (flagged, not
    in need of the police, but not mental health only either) or ``missed`` (mental health only, passed)."""

    kind: Literal["unsafe", "needless", "missed"]
    row: LabelledNarrative
    score: Score


def mistakes(part: Part, scores: Sequence[Score]) -> list[Mistake]:
    """Every mistake: unsafe flags first, most confident first; then needless flags; then what was missed, least
    confident first."""
    found = []
    for row, score in zip(part.rows, scores, strict=True):
        if score.decision == "flag" and not row.mental_health_only:
            found.append(Mistake("unsafe" if row.needs_police else "needless", row, score))
        elif score.decision == "pass" and row.mental_health_only:
            found.append(Mistake("missed", row, score))
    order = ("unsafe", "needless", "missed")
    return sorted(
        found,
        key=lambda m: (order.index(m.kind), m.score.confidence if m.kind == "missed" else -m.score.confidence),
    )
