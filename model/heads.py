"""The linear model of one factor: the whole narrative, and beside it the one clause that says it most."""

from typing import Final, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression

from model.calibration import Sigmoid
from model.features import Floats, Ints

CLAUSE_MARGIN: Final = 4.0
"""By how much the calibrated logit of a police factor must be higher in one clause, as if it were the whole call, than
in the whole to be believed, and what is taken off it then."""
LONG_MARGIN: Final = 1.0
"""The same in long narratives, where calm can be put round a clause."""
LONG: Final = 100
"""What has more words is long."""


class ClauseHead(BaseEstimator):
    """Logistic regression over the whole, blended with its own score of the strongest clause.

    The clause that speaks most strongly for the factor is scored as if it stood alone and added with a weight that is
    learned (multiple-instance learning by a maximum, as in Andrews et al. 2003, with weights shared between clause and
    whole). A long calm log therefore cannot average out one clause of danger, and the score stays a plain sum:

        logit = whole + clause_share × strongest clause + bias

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

    def blend(self, whole: Floats, strongest: Floats | None, y: np.ndarray) -> Self:
        """Learn the clause's share and the calibrating sigmoid from scores of narratives that ``fit`` has not seen.

        Args:
            whole: ``whole @ weights_ + bias_`` of each narrative, from a head that has not seen it.
            strongest: the same head's score of its strongest clause; ``None`` if clauses are to have no share.
            y: labels.
        """
        clause = np.zeros(len(whole)) if strongest is None else strongest
        of_whole, of_clause = LogisticRegression(C=1e4).fit(np.column_stack([whole, clause]), y).coef_[0]
        self.clause_share_ = float(max(of_clause, 0.0) / of_whole)  # a clause can only speak for a factor
        self.sigmoid_ = Sigmoid.fit(self.logit(whole, clause), y)
        return self

    def blended_as(self, other: Self) -> Self:
        """This head's weights with the share and the sigmoid that ``other`` has learned."""
        head: Self = clone(self)
        head.weights_, head.bias_ = self.weights_, self.bias_
        head.clause_share_, head.sigmoid_ = other.clause_share_, other.sigmoid_
        return head

    def logit(self, whole: Floats, strongest: Floats) -> Floats:
        """The logit before calibration."""
        return np.asarray(whole + self.clause_share_ * strongest)


def log_count_ratio(features: sparse.csr_matrix, y: np.ndarray, smoothing: float = 0.5) -> Floats:
    """How much more often each feature occurs in narratives where ``y`` holds, as a log ratio of shares."""
    inside = smoothing + np.bincount(features[y].indices, minlength=features.shape[1])
    outside = smoothing + np.bincount(features[~y].indices, minlength=features.shape[1])
    return np.asarray(np.log(inside / inside.sum()) - np.log(outside / outside.sum()))


def clause_margin(words: Ints) -> Floats:
    """The margin in narratives of so many words."""
    return np.where(words > LONG, LONG_MARGIN, CLAUSE_MARGIN)


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
