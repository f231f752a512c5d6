"""Evidence against "at most so many in a hundred", which may be looked at after every single outcome."""

from collections.abc import Sequence
from math import log
from typing import Any, Final

import numpy as np
from scipy.special import betaln, logsumexp
from scipy.stats import beta

_PRIOR: Final = (1.0, 10.0)
"""Beta distribution over the rates that are bet on, those above the bar: most of it lies below 20%. It decides how
soon a broken guarantee is seen, never how often a sound one alarms."""

FRESH: Final = 100
"""Every so many outcomes a new bet begins, so that years of sound outcomes cannot drown a sudden change."""


def evidence(begins: Sequence[tuple[int, int]], hits: int, number: int, bar: float) -> float:
    """The logarithm of an e-value against "each outcome is a hit with probability at most ``bar``, given those before".

    It is the wealth of a gambler who begins with 1 and bets on hits at odds that are fair at the bar. For outcomes of
    0 and 1 a bet of Waudby-Smith and Ramdas (2024, "Estimating means of bounded random variables by betting", JRSS B
    86) is a likelihood ratio, here mixed over all rates above the bar, and over the moments at which to begin betting:
    the j-th holds back 1/(j(j+1)) of the money until then. While the bar holds this is a supermartingale, so by
    Ville's inequality it ever reaches 1/α with probability at most α, however often one looks and whenever one stops.

    Args:
        begins: hits and outcomes so far when each bet began, the first at ``(0, 0)``.
        hits: outcomes that were hits, of ``number``.
        bar: the rate that is claimed not to be exceeded, between 0 and 1.
    """
    before = np.array(begins, dtype=float)
    order = np.arange(1, len(before) + 1)
    bets = _wealth(hits - before[:, 0], number - before[:, 1], bar) - np.log(order * (order + 1))
    held_back = -log(len(before) + 1)
    return float(logsumexp([*bets, held_back]))


def _wealth(hits: np.ndarray, number: np.ndarray, bar: float) -> np.ndarray:
    a, b = _PRIOR
    hits_after, others_after = a + hits, b + number - hits
    with np.errstate(divide="ignore"):  # wealth that is too small for a float is none
        above = beta.logsf(bar, hits_after, others_after) - beta.logsf(bar, a, b)
    mixed = betaln(hits_after, others_after) - betaln(a, b) + above
    fair: Any = hits * np.log(bar) + (number - hits) * np.log1p(-bar)
    return np.asarray(mixed - fair)
