"""Does a probability mean what it says? Calibration by class and by stratum, and the coverage of the interval."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from scipy.stats import norm
from sklearn.metrics import brier_score_loss

from model.features import Floats
from training.evaluation import BINS, expected_calibration_error

FEWEST: Final = 40
"""Strata with fewer narratives say nothing about calibration and are left out."""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Murphy's parts of the Brier score (Murphy 1973) over equally filled bins: brier ≈ reliability − resolution +
    uncertainty; what is left is the spread within bins. ``reliability`` is the part that calibration could mend."""

    brier: float
    reliability: float
    resolution: float
    uncertainty: float


def decomposition(y: np.ndarray, p: Floats, bins: int = BINS) -> Decomposition:
    """The parts of the Brier score of probabilities ``p`` of what ``y`` says (one a narrative)."""
    counts, frequency, confidence = _by_bin(y, p, bins)
    share = counts / counts.sum()
    base = float(y.mean())
    return Decomposition(
        brier=float(brier_score_loss(y, p)),
        reliability=float(share @ (confidence - frequency) ** 2),
        resolution=float(share @ (frequency - base) ** 2),
        uncertainty=base * (1 - base),
    )


def coverage(y: np.ndarray, confidence: Floats, lower: Floats, upper: Floats, bins: int = BINS) -> float:
    """The share of equally filled bins whose frequency lies inside the mean interval, widened by the binomial error
    of a bin (95%, normal approximation). ``lower`` and ``upper`` are the interval's ends, one a narrative."""
    inside = []
    for part in np.array_split(np.argsort(confidence, kind="stable"), bins):
        frequency = float(y[part].mean())
        middle = float(confidence[part].mean())
        error = float(norm.ppf(0.975) * np.sqrt(middle * (1 - middle) / len(part)))
        inside.append(lower[part].mean() - error <= frequency <= upper[part].mean() + error)
    return float(np.mean(inside))


def by_stratum(y: np.ndarray, p: Floats, strata: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Calibration within each stratum: how many, mean confidence, frequency, expected calibration error, Brier score.

    ``strata`` are masks, one value a narrative. In a small stratum the error is mostly noise: read it beside ``of``.
    """
    return {
        name: {
            "of": int(among.sum()),
            "confidence": float(p[among].mean()),
            "frequency": float(y[among].mean()),
            "ece": expected_calibration_error(y[among], p[among]),
            **asdict(decomposition(y[among], p[among])),
        }
        for name, among in strata.items()
        if among.sum() >= FEWEST
    }


def _by_bin(y: np.ndarray, p: Floats, bins: int) -> tuple[Floats, Floats, Floats]:
    """How many, frequency and mean probability of each equally filled bin."""
    parts = np.array_split(np.argsort(p, kind="stable"), min(bins, len(p)))
    return (
        np.array([len(part) for part in parts], dtype=float),
        np.array([y[part].mean() for part in parts]),
        np.array([p[part].mean() for part in parts]),
    )
