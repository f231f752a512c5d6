"""The present model as a witness of the labels: has somebody changed them, or are they wrong more often than they were?

A few per cent of wrong labels hardly move the figures of a linear model, so figures alone would let them through.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from model.factors import POLICE_FACTORS
from model.labelled import LabelledNarrative
from model.scorer import Scorer
from training.contest import Compared
from training.parts import Part, Parts
from training.seen import fingerprint, labels_of
from training.trials import score_texts

SURE: Final = 0.95
"""The probability at which the present model contradicts a label."""

_RESAMPLES: Final = 1000


def examine(champion: Scorer, seen: Mapping[str, str] | None, parts: Parts, seed: int = 0) -> list[Compared]:
    """Two comparisons of the training rows.

    ``relabelled_rows``: of those that the present model learnt from, the share whose police labels are others now.
    ``contradicted_rows``: of those that it has not seen, the share whose police label it contradicts, beside the same
    share of the held-out rows, which it has not seen either; the interval is by a bootstrap over groups.
    """
    seen = seen or {}
    known = [(row, seen[key]) for row in parts.training.rows if (key := fingerprint(row.text)) in seen]
    changed = sum(labels_of(row)[1:] != before[1:] for row, before in known)
    fresh = parts.training.without(frozenset(seen))
    found = [Compared("relabelled_rows", "all", len(known), changed / len(known) if known else None)]
    if not fresh.rows or not parts.held.rows:
        return [*found, Compared("contradicted_rows", "all", 0, None)]
    ours, theirs = (contradicted(champion, part.rows) for part in (fresh, parts.held))
    difference = float(ours.mean() - theirs.mean())
    rng = np.random.default_rng(seed)
    drawn = _drawn_means(ours, fresh, rng) - _drawn_means(theirs, parts.held, rng)
    low, high = np.quantile(drawn, [0.025, 0.975])
    figures = (float(ours.mean()), float(theirs.mean()), difference, (float(low), float(high)))
    return [*found, Compared("contradicted_rows", "all", len(ours), *figures)]


def contradicted(champion: Scorer, rows: Sequence[LabelledNarrative]) -> np.ndarray:
    """Which rows have a police label of which the model is sure that it is wrong, as booleans."""
    scores = score_texts(champion, [row.text for row in rows])
    calm = np.array([np.prod([1 - s.factors[factor] for factor in POLICE_FACTORS]) for s in scores])
    police = np.array([row.needs_police for row in rows], dtype=bool)
    return np.asarray(np.where(police, calm, 1 - calm) > SURE)


def _drawn_means(values: np.ndarray, part: Part, rng: np.random.Generator) -> np.ndarray:
    _, group = np.unique(np.array(part.groups), return_inverse=True)
    sums, counts = np.bincount(group, values), np.bincount(group)
    means = np.empty(_RESAMPLES)
    for i in range(_RESAMPLES):
        weights = np.bincount(rng.integers(len(counts), size=len(counts)), minlength=len(counts))
        means[i] = weights @ sums / (weights @ counts)
    return means
