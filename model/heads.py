"""The linear model of one factor: the whole narrative, and beside it the one clause that says it most."""

from typing import Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

from model.features import Floats, Ints


class ClauseHead(BaseEstimator):
    """Logistic regression over two blocks: features of the whole and features of the strongest clause.

    A multiple-instance model in the manner of MI-SVM (Andrews et al. 2003): the clause that speaks most strongly
    for the factor under the current weights is the witness; weights and witnesses are fitted in turn. A long calm
    log therefore cannot average out one clause of danger, and the score stays a plain sum.

    Args:
        C: inverse strength of the L2 penalty.
        clause_weight: how much a clause's features count against the whole's under the common penalty.
        rounds: how often witnesses are chosen again; with 0 only the whole counts.
        tolerance: of the solver.
    """

    def __init__(self, C: float = 10.0, clause_weight: float = 0.3, rounds: int = 2, tolerance: float = 1e-3) -> None:
        self.C = C
        self.clause_weight = clause_weight
        self.rounds = rounds
        self.tolerance = tolerance

    def fit(self, whole: sparse.csr_matrix, clauses: sparse.csr_matrix, begins: Ints, y: np.ndarray) -> Self:
        """Fit on ``whole`` (narratives × features), ``clauses`` (all clauses × features), ``begins`` (where each
        narrative's clauses begin, length narratives + 1) and ``y`` (booleans)."""
        columns = whole.shape[1]
        model = self._solve(whole, y)
        self.whole_: Floats = model.coef_[0]
        self.clause_: Floats = np.zeros(columns)
        search = self.whole_
        for _ in range(self.rounds):
            witness = strongest(clauses @ search, begins)
            model = self._solve(sparse.hstack([whole, self.clause_weight * clauses[witness]], format="csr"), y)
            self.whole_ = model.coef_[0, :columns]
            search = self.clause_ = model.coef_[0, columns:] * self.clause_weight
        self.bias_ = float(model.intercept_[0])
        return self

    def _solve(self, features: sparse.csr_matrix, y: np.ndarray) -> LogisticRegression:
        return LogisticRegression(C=self.C, solver="liblinear", tol=self.tolerance, random_state=0).fit(features, y)


def strongest(scores: Floats, begins: Ints) -> Ints:
    """For each narrative the number of its clause with the highest score, the first of equals."""
    best = np.maximum.reduceat(scores, begins[:-1])
    owner = np.repeat(np.arange(len(begins) - 1), np.diff(begins))
    hits = np.flatnonzero(scores == best[owner])
    first = np.unique(owner[hits], return_index=True)[1]
    return np.asarray(hits[first])
