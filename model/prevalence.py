"""Confidence for a place where mental-health-only calls are rarer or more frequent than in training.

Saerens, Latinne and Decaestecker (2002), "Adjusting the outputs of a classifier to new a priori probabilities". It
holds when only the share of the classes differs, not what the calls of a class are like. It changes confidence and
interval only; thresholds act on the uncorrected score, so that their certificate stands.
"""

import numpy as np

from model.features import Floats


def shifted(p: Floats, trained: float, deployed: float) -> Floats:
    """Probabilities calibrated at the share ``trained``, for a place where the share is ``deployed``."""
    yes, no = deployed / trained * p, (1 - deployed) / (1 - trained) * (1 - p)
    return np.asarray(yes / (yes + no))


def estimated(p: Floats, trained: float, rounds: int = 200, tolerance: float = 1e-6) -> float:
    """The share in a place, from the probabilities of its unlabelled calls, by expectation maximisation."""
    share = trained
    for _ in range(rounds):
        before, share = share, float(shifted(p, trained, share).mean())
        if abs(share - before) < tolerance:
            break
    return share
