"""Confidence for a place where the classes are mixed otherwise."""

import numpy as np
import pytest

from model.prevalence import estimated, shifted


def test_the_same_share_changes_nothing() -> None:
    p = np.linspace(0.01, 0.99, 20)
    np.testing.assert_allclose(shifted(p, 0.4, 0.4), p)


def draw(share: float, number: int = 200_000) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities calibrated at a share of one half."""
    rng = np.random.default_rng(0)
    y = rng.random(number) < share
    x = rng.normal(np.where(y, 1.0, -1.0), 1.0)
    return y, 1 / (1 + np.exp(-2 * x))


@pytest.mark.parametrize("share", [0.02, 0.2, 0.7])
def test_corrected_probabilities_are_calibrated_at_the_new_share(share: float) -> None:
    y, p = draw(share)
    corrected = shifted(p, 0.5, share)
    assert corrected.mean() == pytest.approx(share, abs=0.005)
    band = (corrected > 0.4) & (corrected < 0.6)
    assert y[band].mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_the_share_is_found_from_unlabelled_calls(share: float) -> None:
    _, p = draw(share)
    assert estimated(p, 0.5) == pytest.approx(share, abs=0.01)
