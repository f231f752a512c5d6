"""The reader beside the lexical model: one logit from two, and what happens when they disagree."""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from sklearn.linear_model import LogisticRegression

from model.calibration import Sigmoid, calibrated, composed, probabilities
from model.factors import FACTORS
from model.features import Floats
from model.score import Because

_LEAST: Final = 1e-3
_DISAGREE_QUANTILE: Final = 0.98


@dataclass(frozen=True, slots=True)
class Combination:
    """How two scores of a narrative become one.

    ``shares`` (5): logit = lexical logit + share × reader's logit, so that the lexical reasons keep their weights and
    the reader is part of the rest. ``sigmoids`` calibrate that sum, ``lexical`` and ``reading`` each of the two alone.
    ``most_apart`` is how far the two may be from each other, in the probability of the derived class.
    """

    shares: Floats
    sigmoids: tuple[Sigmoid, ...]
    lexical: tuple[Sigmoid, ...]
    reading: tuple[Sigmoid, ...]
    most_apart: float = 1.0

    @classmethod
    def fit(cls, lexical: Floats, reading: Floats, targets: np.ndarray) -> Self:
        """Fit on narratives by writers that neither has seen.

        Args:
            lexical: logits (narratives × 5).
            reading: the reader's (narratives × 5).
            targets: booleans (narratives × 5).
        """
        shares = np.array([_share(*columns) for columns in zip(lexical.T, reading.T, targets.T, strict=True)])
        return cls(
            shares,
            _sigmoids(lexical + shares * reading, targets),
            _sigmoids(lexical, targets),
            _sigmoids(reading, targets),
        )

    def logits(self, lexical: Floats, reading: Floats) -> Floats:
        """Of both together, before calibration (narratives × 5)."""
        return np.asarray(lexical + self.shares * reading)

    def apart(self, lexical: Floats, reading: Floats) -> Floats:
        """How far the two are from each other: the difference in the probability of the derived class."""
        return np.asarray(np.abs(_only(lexical, self.lexical) - _only(reading, self.reading)))

    def doubt(self, apart: float) -> Because | None:
        """Why a person should read this first, if the two disagree strongly."""
        if apart <= self.most_apart:
            return None
        return Because(
            "readers-disagree",
            "The words and the reader that knows language say different things about this. A person reads it first.",
        )

    def facts(self) -> dict[str, Any]:
        """For ``/v1/model``."""
        return {"shares": [round(float(s), 4) for s in self.shares], "most_apart": round(self.most_apart, 4)}


def strongly(apart: Floats) -> float:
    """The difference that all but a few of the calibration part stay below."""
    return float(np.quantile(apart, _DISAGREE_QUANTILE))


def _share(lexical: Floats, reading: Floats, y: np.ndarray) -> float:
    ours, theirs = LogisticRegression(C=1e4).fit(np.column_stack([lexical, reading]), y).coef_[0]
    return float(max(theirs, 0.0) / max(ours, _LEAST))


def _sigmoids(logits: Floats, targets: np.ndarray) -> tuple[Sigmoid, ...]:
    return tuple(Sigmoid.fit(logits[:, k], targets[:, k]) for k in range(logits.shape[1]))


def _only(logits: Floats, sigmoids: tuple[Sigmoid, ...]) -> Floats:
    columns = calibrated(logits, sigmoids)
    return probabilities(composed(columns[:, : len(FACTORS)]))
