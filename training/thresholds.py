"""Where to cut: the laxest flagging threshold whose bound on the unsafe-flag rate still meets the bar."""

from typing import Final

import numpy as np
from scipy.stats import beta

from model.decision import Thresholds
from model.features import Floats

BAR: Final = 0.02
CONFIDENCE: Final = 0.95
PASSED: Final = 0.02
"""Share of clear mental-health-only narratives that the lower cut may pass."""


def upper_bound(errors: int, number: int, confidence: float = CONFIDENCE) -> float:
    """One-sided Clopper-Pearson upper bound on a rate (Clopper and Pearson 1934)."""
    return 1.0 if errors >= number else float(beta.ppf(confidence, errors + 1, number - errors))


def lower_bound(hits: int, number: int, confidence: float = CONFIDENCE) -> float:
    """One-sided Clopper-Pearson lower bound on a rate."""
    return 0.0 if hits <= 0 else float(beta.ppf(1 - confidence, hits, number - hits + 1))


def provisional(scores: Floats, only: np.ndarray, police: np.ndarray, bar: float = BAR) -> Thresholds:
    """Thresholds from composed scores of narratives by unseen authors.

    Args:
        scores: composed scores.
        only: which narratives are mental-health-only.
        police: which need the police.
        bar: upper bound, with 95% confidence, on the share of the latter that may be flagged.
    """
    dangerous = np.sort(scores[police])[::-1]
    allowed = -1
    while allowed + 1 < len(dangerous) and upper_bound(allowed + 1, len(dangerous)) <= bar:
        allowed += 1
    if allowed < 0:
        return Thresholds.nothing(
            f"{len(dangerous)} narratives that need the police are too few to bound the unsafe-flag rate at {bar:.0%}: "
            "everything is for review."
        )
    flag = float(np.nextafter(dangerous[allowed], np.inf)) if allowed < len(dangerous) else float(scores.min())
    review = float(min(np.quantile(scores[only], PASSED), flag))
    bound = upper_bound(int((dangerous >= flag).sum()), len(dangerous))
    return Thresholds(
        flag=flag,
        review=review,
        provisional=True,
        guarantee=(
            f"Provisional: among {len(dangerous)} synthetic narratives by unseen writers that need the police, the "
            f"share flagged is at most {bound:.1%} (95% one-sided bound, rows taken as independent). "
            "No guarantee on real calls."
        ),
    )
