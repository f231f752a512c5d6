"""Probabilities that mean what they say: Platt's sigmoid for the factors, Venn-Abers for the derived class."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from scipy.special import expit, log_expit
from sklearn.linear_model import LogisticRegression
from venn_abers import VennAbers

from model.features import Floats

SECOND_OPINION: Final = 0.5
"""Weight of the derived class's own head beside the factors (docs/ablation.md)."""


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """Platt scaling (Platt 1999): probability = expit(slope × logit + shift)."""

    slope: float
    shift: float

    @classmethod
    def fit(cls, logits: Floats, y: np.ndarray) -> Self:
        """Fit on logits and labels that the model has not been trained on."""
        model = LogisticRegression(C=1e4).fit(logits.reshape(-1, 1), y)
        return cls(float(model.coef_[0, 0]), float(model.intercept_[0]))

    def __call__(self, logits: Floats) -> Floats:
        """Calibrated logits: ``expit`` of them is the probability."""
        return np.asarray(self.slope * logits + self.shift)


def calibrated(logits: Floats, sigmoids: Sequence[Sigmoid]) -> Floats:
    """Each column of logits by its own sigmoid."""
    return np.column_stack([sigmoid(logits[:, k]) for k, sigmoid in enumerate(sigmoids)])


def composed(logits: Floats) -> Floats:
    """The log probability that mental health holds and nothing else does, as if the factors were independent.

    Args:
        logits: calibrated logits of the factors (narratives × 4, ``mental_health`` first).
    """
    return np.asarray(log_expit(logits[:, 0]) + log_expit(-logits[:, 1:]).sum(axis=1))


def seconded(score: Floats, opinion: Floats) -> Floats:
    """The composed score with a second opinion: a weighted sum of log probabilities (a product of experts, Hinton
    2002), so that either of the two can hold a narrative back from a flag.

    Args:
        score: composed from the factors.
        opinion: calibrated logit of a head trained on the derived class itself.
    """
    return np.asarray(score + SECOND_OPINION * log_expit(opinion))


@dataclass(frozen=True, slots=True)
class VennAbersInterval:
    """Inductive Venn-Abers predictor (Vovk, Petej and Fedorova 2015, arXiv 1511.00213), its two isotonic
    regressions computed once by the ``venn_abers`` library and kept as steps."""

    steps: Floats
    lower: Floats
    upper: Floats

    @classmethod
    def fit(cls, scores: Floats, y: np.ndarray) -> Self:
        """Fit on scores (any monotone scale) and labels that the model has not been trained on."""
        library = VennAbers().fit(np.column_stack([-scores, scores]), np.asarray(y, dtype=float))
        return cls(library.c, library.p0[:, 1], library.p1[:, 1])

    def __call__(self, scores: Floats) -> tuple[Floats, Floats, Floats]:
        """``confidence`` = p1 / (1 - p0 + p1), p0 and p1, each one a score."""
        p0 = self.lower[np.searchsorted(self.steps, scores, "right")]
        p1 = self.upper[np.searchsorted(self.steps, scores, "left")]
        return p1 / (1 - p0 + p1), p0, p1


def probabilities(logits: Floats) -> Floats:
    """``expit``, under the name that callers mean."""
    return np.asarray(expit(logits))
