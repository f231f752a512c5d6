"""What a threshold buys and costs: unsafe flags against recall and review, and flag precision against prevalence."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from model.features import Floats
from training.evaluation import upper_bound
from training.evidence.answers import Answered
from training.evidence.parts import Part
from training.evidence.standing import Estimate, interval, mean, rate
from training.thresholds import BARS

CUTS: Final = 60
PREVALENCES: Final = np.geomspace(0.01, 0.5, 40)


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """Rates over flagging thresholds from strict to lax, with intervals (thresholds × 3: value, low, high), and at the
    chosen one. ``bar`` is the unsafe-flag rate that the certificate promises, ``bound`` the one-sided 95% upper bound
    on these rows, row-wise."""

    unsafe: Floats
    recall: Floats
    review: Floats
    chosen_unsafe: Estimate
    chosen_recall: Estimate
    chosen_review: Estimate
    unsafe_flags: int
    police: int
    bound: float
    bar: float
    flagging: bool


def tradeoff(part: Part, answered: Answered) -> Tradeoff:
    """Walk the threshold over the part with the rest of the rule as it is. Chooses nothing: it shows what would have
    been."""
    scores = answered.scores
    cuts = np.unique(np.quantile(scores, np.linspace(1.0, 0.3, CUTS)))[::-1]
    low = answered.low if answered.low is not None else -np.inf

    def rates(i: np.ndarray) -> Floats:
        s, may = scores[i], answered.may[i]
        only, police = part.only[i], part.police[i]
        rows = []
        for cut in cuts:
            flagged = may & (s >= cut)
            passed = (s < min(low, cut)) & answered.answers.passed[i]
            rows.append((mean(flagged[police]), mean(flagged[only]), mean(~flagged & ~passed)))
        return np.array(rows)

    value, below, above = interval(part, rates, draws=100)
    stacked = np.stack([value, below, above], axis=-1)
    everything = np.ones(len(part.rows), dtype=bool)
    flagged, passed = answered.answers.flagged, answered.answers.passed
    unsafe, number = int((flagged & part.police).sum()), int(part.police.sum())
    return Tradeoff(
        unsafe=stacked[:, 0],
        recall=stacked[:, 1],
        review=stacked[:, 2],
        chosen_unsafe=rate(part, flagged, part.police),
        chosen_recall=rate(part, flagged, part.only),
        chosen_review=rate(part, ~flagged & ~passed, everything),
        unsafe_flags=unsafe,
        police=number,
        bound=upper_bound(unsafe, number),
        bar=BARS[0],
        flagging=answered.cut is not None,
    )


@dataclass(frozen=True, slots=True)
class PrecisionAtPrevalence:
    """The share of flags to expect right over ``prevalences`` (each with its interval), on the everyday register, and
    at the prevalence asked for."""

    prevalences: Floats
    precision: Floats
    asked: float
    there: Estimate
    flags_per_thousand: Estimate
    half: float | None
    """The prevalence below which more than half the flags would be wrong; ``None`` where it lies off the axis."""


def precision_at_prevalence(part: Part, answered: Answered, asked: float) -> PrecisionAtPrevalence:
    """Bayes' rule on the rates measured: it holds if calls of a kind are like these, whatever their share."""
    flagged = answered.answers.flagged
    grid = np.append(PREVALENCES, asked)

    def precision(i: np.ndarray) -> Floats:
        everyday, only, f = part.everyday[i], part.only[i], flagged[i]
        recall, false = mean(f[everyday & only]), mean(f[everyday & ~only])
        flags = grid * recall + (1 - grid) * false
        worth = np.divide(grid * recall, flags, out=np.full_like(grid, np.nan), where=flags > 0)
        return np.stack([worth, 1000 * flags])

    stacked = np.stack(interval(part, precision), axis=-1)
    worse = PREVALENCES[stacked[0, :-1, 0] < 0.5]
    return PrecisionAtPrevalence(
        prevalences=PREVALENCES,
        precision=stacked[0, :-1],
        asked=asked,
        there=Estimate(*map(float, stacked[0, -1])),
        flags_per_thousand=Estimate(*map(float, stacked[1, -1])),
        half=float(worse.max()) if len(worse) else None,
    )
