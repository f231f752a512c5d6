"""The linear model of one factor: the whole narrative, and beside it the one clause that says it most."""

from typing import Final, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression

from model.calibration import Sigmoid
from model.features import Floats, Ints

_TYPICAL_WORDS: Final = 50.0


class ClauseHead(BaseEstimator):
    """Logistic regression over the whole, blended with its own score of the strongest clause.

    The clause that speaks most strongly for the factor is scored as if it stood alone and added with a weight that is
    learned (multiple-instance learning by a maximum, as in Andrews et al. 2003, with weights shared between clause and
    whole). A long calm log therefore cannot average out one clause of danger, and the score stays a plain sum:

        logit = whole + clause_share × strongest clause + length_share × log(words / 50) + bias

    Args:
        C: inverse strength of the L2 penalty.
        evidence: how far each feature is scaled by its naive-Bayes log-count ratio before fitting (Wang and Manning
            2012), from 0, not at all, to 1. The scaling is folded into the weights afterwards.
        tolerance: of the solver.
    """

    def __init__(self, C: float = 30.0, evidence: float = 0.4, tolerance: float = 1e-3) -> None:
        self.C = C
        self.evidence = evidence
        self.tolerance = tolerance

    def fit(self, whole: sparse.csr_matrix, y: np.ndarray) -> Self:
        """Fit the weights on ``whole`` (narratives × features) and ``y`` (booleans)."""
        scale = 1.0 - self.evidence + self.evidence * np.abs(log_count_ratio(whole, y))
        model = LogisticRegression(C=self.C, solver="liblinear", tol=self.tolerance, random_state=0)
        model.fit(whole @ sparse.diags_array(scale), y)
        self.weights_: Floats = model.coef_[0] * scale
        self.bias_ = float(model.intercept_[0])
        return self

    def blend(self, whole: Floats, strongest: Floats, words: Floats, y: np.ndarray) -> Self:
        """Learn the shares and the calibrating sigmoid from scores of narratives that ``fit`` has not seen.

        Args:
            whole: ``whole @ weights_ + bias_`` of each narrative, from a head that has not seen it.
            strongest: the same head's score of its strongest clause.
            words: its length.
            y: labels.
        """
        lengths = length_term(words)
        columns = np.column_stack([whole, strongest, lengths])
        weights = LogisticRegression(C=1e4).fit(columns, y).coef_[0]
        if weights[1] < 0:  # a clause can only speak for a factor, never against it
            a, c = LogisticRegression(C=1e4).fit(columns[:, [0, 2]], y).coef_[0]
            weights = np.array([a, 0.0, c])
        self.clause_share_ = float(weights[1] / weights[0])
        self.length_share_ = float(weights[2] / weights[0])
        self.sigmoid_ = Sigmoid.fit(self.logit(whole, strongest, words), y)
        return self

    def blended_as(self, other: Self) -> Self:
        """This head's weights with the shares and the sigmoid that ``other`` has learned."""
        head: Self = clone(self)
        head.weights_, head.bias_ = self.weights_, self.bias_
        head.clause_share_, head.length_share_, head.sigmoid_ = other.clause_share_, other.length_share_, other.sigmoid_
        return head

    def logit(self, whole: Floats, strongest: Floats, words: Floats) -> Floats:
        """The logit before calibration."""
        return np.asarray(whole + self.clause_share_ * strongest + self.length_share_ * length_term(words))


def log_count_ratio(features: sparse.csr_matrix, y: np.ndarray, smoothing: float = 0.5) -> Floats:
    """How much more often each feature occurs in narratives where ``y`` holds, as a log ratio of shares."""
    inside = smoothing + np.bincount(features[y].indices, minlength=features.shape[1])
    outside = smoothing + np.bincount(features[~y].indices, minlength=features.shape[1])
    return np.asarray(np.log(inside / inside.sum()) - np.log(outside / outside.sum()))


def length_term(words: Floats) -> Floats:
    """Zero at fifty words."""
    return np.asarray(np.log(np.maximum(words, 1) / _TYPICAL_WORDS))


def strongest_clause(scores: Floats, begins: Ints) -> Ints:
    """For each narrative the number of its clause with the highest score, the first of equals.

    Args:
        scores: of the clauses, one narrative's after another's (clauses, or clauses × heads).
        begins: where each narrative's begin (narratives + 1).

    Returns:
        Numbers of clauses (narratives, or narratives × heads).
    """
    best = np.repeat(np.maximum.reduceat(scores, begins[:-1], axis=0), np.diff(begins), axis=0)
    number = np.arange(len(scores)).reshape(-1, *[1] * (scores.ndim - 1))
    return np.asarray(np.minimum.reduceat(np.where(scores == best, number, len(scores)), begins[:-1], axis=0))
