"""Calibration measured by class, by stratum and by interval."""

import numpy as np
import pytest

from training.miscalibration import by_stratum, coverage, decomposition


def drawn(number: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    p = rng.random(number)
    return rng.random(number) < p, p


def test_the_parts_add_up_to_the_brier_score() -> None:
    y, p = drawn()
    parts = decomposition(y, p)
    assert parts.brier == pytest.approx(parts.reliability - parts.resolution + parts.uncertainty, abs=0.002)
    assert parts.uncertainty == pytest.approx(0.25, abs=0.001)


def test_only_the_reliability_suffers_when_confidence_is_distorted() -> None:
    y, p = drawn()
    honest, boastful = decomposition(y, p), decomposition(y, p**3)
    assert honest.reliability < 0.001 < 0.02 < boastful.reliability
    assert boastful.resolution == pytest.approx(honest.resolution)


def test_an_interval_round_the_truth_covers_and_one_beside_it_does_not() -> None:
    y, p = drawn(5000)
    assert coverage(y, p, p - 0.02, p + 0.02) >= 0.9
    assert coverage(y, p, np.minimum(p + 0.2, 1), np.minimum(p + 0.25, 1)) <= 0.3


def test_each_stratum_is_judged_by_itself_and_small_ones_are_left_out() -> None:
    y, p = drawn(2000)
    spoiled = np.arange(2000) < 1000
    found = by_stratum(
        y, np.where(spoiled, p**4, p), {"spoiled": spoiled, "sound": ~spoiled, "few": np.arange(2000) < 9}
    )
    assert set(found) == {"spoiled", "sound"}
    assert found["spoiled"]["ece"] > 0.1 > 0.05 > found["sound"]["ece"]
    assert found["spoiled"]["of"] == 1000
