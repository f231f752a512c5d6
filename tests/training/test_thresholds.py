"""Bounds and cuts."""

import numpy as np
import pytest
from scipy.stats import binom

from training.thresholds import lower_bound, provisional, upper_bound


@pytest.mark.parametrize(("errors", "number"), [(0, 149), (3, 500), (12, 1000), (40, 400)])
def test_the_bound_is_the_largest_rate_that_the_errors_do_not_refute(errors: int, number: int) -> None:
    bound = upper_bound(errors, number)
    assert binom.cdf(errors, number, bound) == pytest.approx(0.05, abs=1e-6)
    assert lower_bound(number - errors, number) == pytest.approx(1 - bound, abs=1e-9)


def test_149_narratives_without_an_error_bound_two_per_cent() -> None:
    assert upper_bound(0, 149) <= 0.02 < upper_bound(0, 148)


def test_bounds_at_the_ends() -> None:
    assert upper_bound(5, 5) == 1.0
    assert lower_bound(0, 5) == 0.0


def sample(number: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    police = rng.random(number) < 0.5
    return np.where(police, rng.normal(-3, 1, number), rng.normal(-1, 1, number)), ~police, police


def test_the_threshold_meets_the_bar_and_no_laxer_one_does() -> None:
    scores, only, police = sample(4000)
    thresholds = provisional(scores, only, police)
    flagged = int((scores[police] >= thresholds.flag).sum())
    assert upper_bound(flagged, int(police.sum())) <= 0.02
    assert upper_bound(flagged + 1, int(police.sum())) > 0.02
    assert thresholds.provisional
    assert thresholds.review <= thresholds.flag


def test_too_few_dangerous_narratives_give_no_threshold_and_say_so() -> None:
    scores, only, police = sample(100)
    thresholds = provisional(scores, only, police)
    assert thresholds.flag is None
    assert "too few" in thresholds.guarantee
