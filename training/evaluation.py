"""How good are the scores? One table for the model and for every baseline."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from scipy.stats import beta
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from model.decision import Thresholds
from model.factors import FACTORS
from model.features import Floats

BINS: Final = 10
CONFIDENCE: Final = 0.95
RESAMPLES: Final = 500


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a system says of labelled narratives: calibrated probabilities of the four factors and of the derived
    class (narratives × 5), and the composed score that thresholds act on."""

    probabilities: Floats
    composed: Floats


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Of one factor or of the derived class. ECE: ten equally filled bins."""

    auroc: float
    average_precision: float
    brier: float
    ece: float
    share: float


@dataclass(frozen=True, slots=True)
class DecisionFigures:
    """At one threshold: ``unsafe_flag_rate`` among narratives that need the police, with its 95% one-sided row-wise
    bound; ``flag_precision``; ``recall`` of mental-health-only; ``review_share`` of all."""

    unsafe_flag_rate: float
    unsafe_flag_bound: float
    flag_precision: float
    recall: float
    review_share: float


def upper_bound(errors: int, number: int, confidence: float = CONFIDENCE) -> float:
    """One-sided Clopper-Pearson upper bound on a rate (Clopper and Pearson 1934)."""
    return 1.0 if errors >= number else float(beta.ppf(confidence, errors + 1, number - errors))


def lower_bound(hits: int, number: int, confidence: float = CONFIDENCE) -> float:
    """One-sided Clopper-Pearson lower bound on a rate."""
    return 0.0 if hits <= 0 else float(beta.ppf(1 - confidence, hits, number - hits + 1))


def class_figures(y: np.ndarray, p: Floats) -> ClassFigures:
    """Figures of one class from labels and calibrated probabilities."""
    return ClassFigures(
        auroc=float(roc_auc_score(y, p)),
        average_precision=float(average_precision_score(y, p)),
        brier=float(brier_score_loss(y, p)),
        ece=expected_calibration_error(y, p),
        share=float(y.mean()),
    )


def expected_calibration_error(y: np.ndarray, p: Floats, bins: int = BINS) -> float:
    """Mean gap between confidence and frequency over equally filled bins (Naeini et al. 2015, quantile bins)."""
    frequency, confidence = calibration_curve(y, p, n_bins=bins, strategy="quantile")
    edges = np.quantile(p, np.linspace(0, 1, bins + 1))
    count = np.bincount(np.searchsorted(edges[1:-1], p), minlength=bins)
    count = count[count > 0]
    return float(np.average(np.abs(frequency - confidence), weights=count[: len(frequency)]))


def decision_figures(only: np.ndarray, police: np.ndarray, score: Floats, thresholds: Thresholds) -> DecisionFigures:
    """Figures of the thresholds alone, before stop cues and policy."""
    flagged = score >= thresholds.flag if thresholds.flag is not None else np.zeros(len(score), dtype=bool)
    passed = score < thresholds.review if thresholds.review is not None else np.zeros(len(score), dtype=bool)
    unsafe = int((flagged & police).sum())
    return DecisionFigures(
        unsafe_flag_rate=unsafe / max(1, int(police.sum())),
        unsafe_flag_bound=upper_bound(unsafe, int(police.sum())),
        flag_precision=float(only[flagged].mean()) if flagged.any() else float("nan"),
        recall=float(flagged[only].mean()),
        review_share=float((~flagged & ~passed).mean()),
    )


def derived(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``mental_health_only`` and ``needs_police`` from the factor matrix (narratives × 4)."""
    police = labels[:, 1:].any(axis=1)
    return np.asarray(labels[:, 0] & ~police), np.asarray(police)


def table(labels: np.ndarray, judgement: Judgement, thresholds: Thresholds) -> dict[str, Any]:
    """All figures of one system, JSON-able."""
    only, police = derived(labels)
    figures: dict[str, Any] = {
        name: asdict(class_figures(y, judgement.probabilities[:, k]))
        for k, (name, y) in enumerate(zip([*FACTORS, "mental_health_only"], [*labels.T, only], strict=True))
    }
    figures["decisions"] = asdict(decision_figures(only, police, judgement.composed, thresholds))
    figures["narratives"] = len(labels)
    return figures


def author_interval(
    statistic: Callable[[np.ndarray], float], authors: Sequence[str], seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """95% percentile interval from a bootstrap over authors, since errors of one author go together.

    ``statistic`` takes row positions.
    """
    low, high = np.nanquantile(author_draws(statistic, authors, seed, resamples), [0.025, 0.975])
    return float(low), float(high)


def author_draws(
    statistic: Callable[[np.ndarray], Any], authors: Sequence[str], seed: int = 0, resamples: int = RESAMPLES
) -> np.ndarray:
    """The statistic, a number or an array, on each draw of authors with replacement (resamples × its shape)."""
    rng = np.random.default_rng(seed)
    names, which = np.unique(np.array(authors), return_inverse=True)
    rows = np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1])
    return np.array(
        [statistic(np.concatenate([rows[n] for n in rng.choice(len(names), len(names))])) for _ in range(resamples)]
    )
