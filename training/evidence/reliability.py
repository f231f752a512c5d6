"""Do probabilities mean what they say? Frequency against confidence, factor by factor."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import binomtest

from model.factors import FACTORS
from model.features import Floats
from training.evaluation import expected_calibration_error
from training.evidence.answers import Answered
from training.evidence.parts import Part
from training.evidence.standing import Estimate, estimate

BINS: Final = 10
CLASSES: Final = (*FACTORS, "mental_health_only")


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of one factor or of the derived class. ``bins``: mean confidence, frequency, low, high (Wilson), count, one row a
    bin of equal width that is not empty; ``ece`` over ten equally filled bins."""

    name: str
    bins: Floats
    ece: Estimate
    counts: np.ndarray


def reliability(part: Part, answered: Answered) -> list[Reliability]:
    """One for each factor and for the derived class."""
    truths = np.column_stack([part.labels, part.only])
    return [_of(part, name, truths[:, k], answered.answers.probabilities[:, k]) for k, name in enumerate(CLASSES)]


def _of(part: Part, name: str, y: np.ndarray, p: Floats) -> Reliability:
    which = np.minimum((p * BINS).astype(int), BINS - 1)
    rows = []
    for k in range(BINS):
        inside = which == k
        if inside.any():
            ci = binomtest(int(y[inside].sum()), int(inside.sum())).proportion_ci(method="wilson")
            rows.append((p[inside].mean(), y[inside].mean(), ci.low, ci.high, inside.sum()))
    return Reliability(
        name=name,
        bins=np.array(rows, dtype=float),
        ece=estimate(part, lambda i: expected_calibration_error(y[i], p[i])),
        counts=np.bincount(which, minlength=BINS),
    )
