"""Bounds and cuts."""

import numpy as np
import pytest
from scipy.stats import binom

from training.evaluation import lower_bound, upper_bound
from training.thresholds import (
    GRID,
    CalibrationPart,
    certified,
    choose,
    flag_precision,
    guaranteed,
    held_back,
    lower_cut,
    provisional,
    reached,
)


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


def everything(number: int) -> np.ndarray:
    return np.ones(number, dtype=bool)


def test_the_certified_threshold_holds_on_fresh_data_in_at_least_95_of_100_draws() -> None:
    broken = 0
    fresh_scores, _, fresh_police = sample(200_000, seed=999)
    for seed in range(100):
        scores, _, police = sample(3000, seed)
        threshold = certified(scores, police, everything(3000), 0.02, np.linspace(2, -4, 120))
        assert threshold is not None
        broken += float((fresh_scores[fresh_police] >= threshold).mean()) > 0.02
    assert broken <= 10


def test_the_walk_is_from_strict_to_lax_and_never_flags_on_hope() -> None:
    assert (np.diff(GRID) < 0).all()
    scores, _, police = sample(200)
    assert certified(scores, police, everything(200), 0.02) is None
    part = CalibrationPart(scores, ~police, police, everything(200), [()] * 200, ["a"] * 200)
    thresholds, certificate = choose(part)
    assert thresholds.flag is None
    assert "everything is for review" in thresholds.guarantee
    assert certificate["bars"]["2%"] == {"threshold": None}


def test_the_rest_of_the_rule_counts_towards_the_certificate() -> None:
    scores, _, police = sample(3000)
    grid = np.linspace(2, -4, 120)
    alone = certified(scores, police, everything(3000), 0.02, grid)
    rng = np.random.default_rng(0)
    helped = certified(scores, police, ~(police & (rng.random(3000) < 0.7)), 0.02, grid)
    assert alone is not None
    assert helped is not None
    assert helped < alone


def test_what_holds_flags_back_is_counted_by_code_and_only_above_the_threshold() -> None:
    police = np.array([True, True, False, False])
    part = CalibrationPart(
        scores=np.array([0.0, -2.0, 0.0, 0.0]),
        only=~police,
        police=police,
        everyday=everything(4),
        holds=[("stop-weapon",), ("stop-weapon",), ("stop-weapon", "unfamiliar-long"), ()],
        authors=["a"] * 4,
    )
    assert part.flaggable.tolist() == [False, False, False, True]
    assert held_back(part, -1.0) == {
        "stop-weapon": {"unsafe_flags_prevented": 1, "good_flags_lost": 1, "recall_lost": 0.5},
        "unfamiliar-long": {"unsafe_flags_prevented": 0, "good_flags_lost": 1, "recall_lost": 0.5},
    }


def test_the_lower_cut_leaves_at_most_35_per_cent_of_everyday_for_review_and_is_the_lowest_that_does() -> None:
    scores, _, _ = sample(2000)
    everyday = np.arange(2000) % 2 == 0
    flagged = scores >= 0
    cut = lower_cut(scores, flagged, everyday, 0.0)
    share = lambda c: float((everyday & ~flagged & (scores >= c)).sum() / everyday.sum())  # noqa: E731
    assert share(cut) <= 0.35 < share(cut - 0.01)


def test_flag_precision_follows_bayes() -> None:
    only = np.array([True] * 10 + [False] * 100)
    flagged = np.array([True] * 8 + [False] * 2 + [True] * 2 + [False] * 98)
    assert flag_precision(flagged, only)["10%"] == pytest.approx(0.1 * 0.8 / (0.1 * 0.8 + 0.9 * 0.02))


def test_a_threshold_that_one_writer_breaks_is_made_stricter() -> None:
    scores, only, police = sample(6000)
    authors = [f"w{i % 10}" for i in range(6000)]
    wild = police & (np.arange(6000) % 10 == 0)
    spoiled = np.where(wild, scores + 1.0, scores)
    even = CalibrationPart(scores, only, police, everything(6000), [()] * 6000, authors)
    uneven = CalibrationPart(spoiled, only, police, everything(6000), [()] * 6000, authors)
    grid = np.linspace(2, -4, 120)
    for part in (even, uneven):
        strict, lax = guaranteed(part, 0.02, grid), certified(part.scores, police, part.flaggable, 0.02, grid)
        assert strict is not None
        assert lax is not None
        assert strict >= lax
        assert reached(part, strict)["writer_bootstrap"][1] <= 0.02
    assert guaranteed(uneven, 0.02, grid) > certified(spoiled, police, uneven.flaggable, 0.02, grid)  # type: ignore[operator]


def test_writers_whom_the_calibration_part_does_not_have_make_a_threshold_stricter_and_never_laxer() -> None:
    scores, only, police = sample(6000)
    grid = np.linspace(2, -4, 120)

    def written(shift: float, prefix: str) -> CalibrationPart:
        authors = [f"{prefix}{i % 30}" for i in range(6000)]
        moved = np.where(police, scores + shift, scores)
        return CalibrationPart(moved, only, police, everything(6000), [()] * 6000, authors)

    part = written(0.0, "a")
    alone = guaranteed(part, 0.02, grid)
    assert alone is not None
    assert guaranteed(part, 0.02, grid, others=written(-3.0, "b")) == alone  # easier writers loosen nothing
    hard = written(1.0, "c")
    stricter = guaranteed(part, 0.02, grid, others=hard)
    assert stricter is not None
    assert stricter > alone
    among_all = reached(part, stricter, hard)["all_writers"]
    assert among_all["writers"] == 60
    assert among_all["writer_bootstrap"][1] <= 0.02
    assert reached(part, alone, hard)["all_writers"]["writer_bootstrap"][1] > 0.02
    assert choose(part, hard)[0].flag >= choose(part)[0].flag  # type: ignore[operator]
