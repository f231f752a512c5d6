"""Where Signpost is weaker: the same two rates by style, register, difficulty, family and writer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import binomtest

from model.labelled import LabelledNarrative
from training.evidence.answers import Answered
from training.evidence.parts import Part
from training.evidence.standing import Estimate
from training.splits import Splits

FEWEST: Final = 10
"""A rate among fewer narratives than this is not worth a mark."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """One slice. The rates have Wilson intervals, since a slice often has one writer; ``None`` where fewer than
    ``FEWEST`` narratives bear on it."""

    kind: str
    name: str
    number: int
    unsafe: Estimate | None
    unsafe_of: int
    recall: Estimate | None
    recall_of: int


def kinds(splits: Splits) -> dict[str, Callable[[LabelledNarrative], str]]:
    """How narratives are sliced."""
    return {
        "register": lambda r: r.register_,
        "style": lambda r: r.style.replace("_", " "),
        "difficulty": lambda r: r.difficulty,
        "families": lambda r: "never trained on" if r.family in splits.unseen_families else "met in training",
        "writer": lambda r: r.author,
    }


def strata(part: Part, answered: Answered, slices: dict[str, Callable[[LabelledNarrative], str]]) -> list[Stratum]:
    """Every slice, in the order of its kind and name."""
    found = []
    for kind, of in slices.items():
        names = np.array([of(row) for row in part.rows])
        for name in sorted(set(names)):
            inside, flagged = names == name, answered.answers.flagged
            found.append(
                Stratum(
                    kind=kind,
                    name=str(name),
                    number=int(inside.sum()),
                    unsafe=_rate(flagged[inside & part.police]),
                    unsafe_of=int((inside & part.police).sum()),
                    recall=_rate(flagged[inside & part.only]),
                    recall_of=int((inside & part.only).sum()),
                )
            )
    return found


def _rate(hits: np.ndarray) -> Estimate | None:
    if len(hits) < FEWEST:
        return None
    ci = binomtest(int(hits.sum()), len(hits)).proportion_ci(method="wilson")
    return Estimate(float(hits.mean()), float(ci.low), float(ci.high))


def worst(found: list[Stratum], of: Callable[[Stratum], Estimate | None], highest: bool) -> Stratum | None:
    """The slice whose rate is highest, or lowest, among those that have one."""
    ranked = sorted((s for s in found if of(s)), key=lambda s: of(s).value, reverse=highest)  # type: ignore[union-attr]
    return ranked[0] if ranked else None
