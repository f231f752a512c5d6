"""Where to cut: the laxest flagging threshold with a certified unsafe-flag rate, and the cut below which calls pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.stats import binom

from model.decision import Thresholds
from model.features import Floats
from model.labelled import LabelledNarrative
from training.evaluation import CONFIDENCE, author_interval, derived, upper_bound
from training.fitting import label_matrix

BARS: Final = (0.02, 0.01)
EVERYDAY_REVIEW: Final = 0.35
"""At most this share of the everyday register may be for review."""
GRID: Final = np.log(np.linspace(0.995, 0.15, 170))
"""Flagging thresholds on the composed score, strict to lax. Fixed before any calibration data is seen."""
PREVALENCES: Final = (0.02, 0.05, 0.10, 0.20)


@dataclass(frozen=True, slots=True)
class CalibrationPart:
    """What a model makes of the calibration part, one value a narrative.

    ``scores`` are composed, ``only`` and ``police`` the labels mental-health-only and needs the police, ``holds`` the
    codes of whatever else in the rule would hold a flag back (empty where nothing does).
    """

    scores: Floats
    only: np.ndarray
    police: np.ndarray
    everyday: np.ndarray
    holds: Sequence[tuple[str, ...]]
    authors: Sequence[str]

    @property
    def flaggable(self) -> np.ndarray:
        """Which narratives the rest of the rule lets through."""
        return np.array([not held for held in self.holds], dtype=bool)

    def joined(self, others: "CalibrationPart") -> "CalibrationPart":
        """Both, one after the other."""
        return CalibrationPart(
            np.concatenate([self.scores, others.scores]),
            np.concatenate([self.only, others.only]),
            np.concatenate([self.police, others.police]),
            np.concatenate([self.everyday, others.everyday]),
            [*self.holds, *others.holds],
            [*self.authors, *others.authors],
        )


def part_of(
    rows: Sequence[LabelledNarrative], scores: Floats, holds: Sequence[tuple[str, ...]] | None = None
) -> CalibrationPart:
    """The calibration part of labelled rows and the scores that a model gives them."""
    only, police = derived(label_matrix(rows))
    everyday = np.array([row.register_ == "everyday" for row in rows])
    held = holds if holds is not None else [()] * len(rows)
    return CalibrationPart(scores, only, police, everyday, held, [row.author for row in rows])


def certified(
    scores: Floats, police: np.ndarray, flaggable: np.ndarray, bar: float, grid: Floats = GRID
) -> float | None:
    """Learn-then-test (Angelopoulos et al. 2021, arXiv 2110.01052) by fixed-sequence testing from strict to lax.

    The rule tested is the whole one: a narrative is flagged when its score reaches the threshold *and* no stop cue,
    policy or unfamiliarity holds it back. Each threshold's p-value is the exact binomial one of "the unsafe-flag rate
    among narratives that need the police is above the bar"; the first that is not rejected ends the walk.

    Args:
        scores: composed scores of the calibration part.
        police: which narratives need the police.
        flaggable: which the rest of the rule lets through.
        bar: the unsafe-flag rate to certify.
        grid: thresholds, strict to lax.

    Returns:
        The laxest certified threshold, or ``None``.
    """
    number = int(police.sum())
    chosen: float | None = None
    for threshold in grid:
        unsafe = int((police & flaggable & (scores >= threshold)).sum())
        if number == 0 or binom.cdf(unsafe, number, bar) > 1 - CONFIDENCE:
            break
        chosen = float(threshold)
    return chosen


def lower_cut(scores: Floats, flagged: np.ndarray, everyday: np.ndarray, flag: float) -> float:
    """The lowest cut between ``review`` and ``pass`` that leaves at most 35% of the everyday register for review: no
    other passes fewer mental-health-only narratives."""
    waiting = np.sort(scores[everyday & ~flagged])
    allowed = int(EVERYDAY_REVIEW * everyday.sum())
    if len(waiting) <= allowed:
        return float(min(scores.min(), flag))
    return float(min(np.nextafter(waiting[len(waiting) - allowed - 1], np.inf), flag))


def choose(part: CalibrationPart, others: CalibrationPart | None = None) -> tuple[Thresholds, dict[str, Any]]:
    """Thresholds for the whole rule from the calibration part, and the certificate in figures. ``others`` as in
    ``guaranteed``."""
    number = int(part.police.sum())
    options = {bar: guaranteed(part, bar, others=others) for bar in BARS}
    certificate: dict[str, Any] = {
        "narratives_that_need_the_police": number,
        "assumes": "calls like those of the calibration part, one row an incident; those are synthetic",
        "bars": {f"{bar:.0%}": reached(part, threshold, others) for bar, threshold in options.items()},
    }
    flag = options[BARS[0]]
    if flag is None:
        return (
            Thresholds.nothing(
                f"No threshold keeps the unsafe-flag rate at or below {BARS[0]:.0%} with {CONFIDENCE:.0%} confidence "
                f"on the {number} calibration narratives that need the police, so nothing is flagged and everything is "
                "for review. More labelled narratives that need the police, or a better model, would change that."
            ),
            certificate,
        )
    certificate["held_back"] = held_back(part, flag)
    writers = len({*part.authors, *(others.authors if others else ())})
    flagged = part.flaggable & (part.scores >= flag)
    unsafe = int((flagged & part.police).sum())
    thresholds = Thresholds(
        flag=flag,
        review=lower_cut(part.scores, flagged, part.everyday, flag),
        provisional=False,
        flag_precision=flag_precision(flagged[part.everyday], part.only[part.everyday]),
        guarantee=(
            f"With {CONFIDENCE:.0%} confidence at most {BARS[0]:.0%} of calls that need the police are flagged, if "
            f"calls are like those of the calibration part ({number} synthetic ones that need the police, {unsafe} of "
            f"them flagged), one row an incident; a bootstrap over all {writers} writers, each judged by what had not "
            "learnt from them, keeps the bar as well. No guarantee on real calls until the threshold is set on real "
            "calls."
        ),
    )
    return thresholds, certificate


def guaranteed(
    part: CalibrationPart, bar: float, grid: Floats = GRID, others: CalibrationPart | None = None
) -> float | None:
    """The laxest threshold, no laxer than the ``certified`` one, at which bootstraps over writers keep the bar too.

    The certificate counts rows as independent, but one writer's errors go together, so that a new writer can break
    what holds row by row; and the few writers of a calibration part may be easy ones. Going stricter leaves the
    certificate as it stands.

    Args:
        part: the calibration part.
        bar: the unsafe-flag rate to certify.
        grid: thresholds, strict to lax.
        others: narratives by further writers, scored by what had not learnt from them (out of fold); a bootstrap over
            theirs and the calibration part's together has to keep the bar as well.
    """
    laxest = certified(part.scores, part.police, part.flaggable, bar, grid)
    if laxest is None:
        return None
    asked = [part, part.joined(others)] if others else [part]
    laxer = (float(t) for t in grid[::-1] if t >= laxest)
    return next((t for t in laxer if all(_among_writers(one, t)[1] <= bar for one in asked)), None)


def _among_writers(part: CalibrationPart, threshold: float) -> tuple[float, float]:
    """The unsafe-flag rate's 95% interval by a bootstrap over writers."""
    rows = np.flatnonzero(part.police)
    flagged = (part.flaggable & (part.scores >= threshold))[rows]
    return author_interval(lambda i: float(flagged[i].mean()), [part.authors[i] for i in rows.tolist()])


def reached(part: CalibrationPart, threshold: float | None, others: CalibrationPart | None = None) -> dict[str, Any]:
    """What the whole rule does at a threshold: errors, bounds, and the recall that it leaves; how many writers there
    are with ``others``, and what it does among all of them."""
    if threshold is None:
        return {"threshold": None}
    only, police, everyday = part.only, part.police, part.everyday
    flagged = part.flaggable & (part.scores >= threshold)
    unsafe, number = int((flagged & police).sum()), int(police.sum())
    everybody = part.joined(others) if others else part
    everybody_flagged = everybody.flaggable & (everybody.scores >= threshold)
    return {
        "threshold": threshold,
        "unsafe_flags": unsafe,
        "unsafe_flag_rate": unsafe / number,
        "row_wise_bound": upper_bound(unsafe, number),
        "writer_bootstrap": _among_writers(part, threshold),
        "all_writers": {
            "writers": len(set(everybody.authors)),
            "narratives_that_need_the_police": int(everybody.police.sum()),
            "unsafe_flags": int((everybody_flagged & everybody.police).sum()),
            "unsafe_flag_rate": float(everybody_flagged[everybody.police].mean()),
            "writer_bootstrap": _among_writers(everybody, threshold),
        },
        "unsafe_flag_rate_everyday": float(flagged[police & everyday].mean()),
        "recall": float(flagged[only].mean()),
        "recall_everyday": float(flagged[only & everyday].mean()),
        "everyday_flag_precision_at_prevalence": flag_precision(flagged[everyday], only[everyday]),
    }


def held_back(part: CalibrationPart, flag: float) -> dict[str, Any]:
    """What stop cues, policy and unfamiliarity do at a threshold, by code: how many unsafe flags each prevents, how
    many good ones it costs, and the share of recall that goes. A narrative may be held by several."""
    above = part.scores >= flag
    codes = sorted({code for held in part.holds for code in held})
    return {
        code: {
            "unsafe_flags_prevented": int((above & part.police & by).sum()),
            "good_flags_lost": int((above & part.only & by).sum()),
            "recall_lost": float((above & by)[part.only].mean()),
        }
        for code in codes
        if (above & (by := np.array([code in held for held in part.holds]))).any()
    }


def flag_precision(flagged: np.ndarray, only: np.ndarray) -> dict[str, float]:
    """The precision of a flag to expect where mental-health-only calls are this share of all calls."""
    recall, false = float(flagged[only].mean()), float(flagged[~only].mean())
    return {
        f"{p:.0%}": p * recall / (p * recall + (1 - p) * false) if recall + false > 0 else float("nan")
        for p in PREVALENCES
    }


def provisional(scores: Floats, only: np.ndarray, police: np.ndarray, bar: float = BARS[0]) -> Thresholds:
    """A threshold by scores alone, for comparing systems on held-out scores: the laxest whose one-sided 95% upper
    bound on the unsafe-flag rate meets the bar. It carries no guarantee, since it was chosen on the same rows."""
    dangerous = np.sort(scores[police])[::-1]
    allowed = -1
    while allowed + 1 < len(dangerous) and upper_bound(allowed + 1, len(dangerous)) <= bar:
        allowed += 1
    if allowed < 0:
        return Thresholds.nothing(
            f"{len(dangerous)} narratives that need the police are too few for a bound of {bar:.0%}."
        )
    flag = float(np.nextafter(dangerous[allowed], np.inf)) if allowed < len(dangerous) else float(scores.min())
    return Thresholds(
        flag=flag,
        review=float(min(np.quantile(scores[only], 0.02), flag)),
        provisional=True,
        guarantee="Provisional: chosen on the rows it was measured on. No guarantee.",
    )
