"""Figures that mean what their names say."""

import numpy as np
import pytest

from model.calibration import Sigmoid, VennAbersInterval, composed, probabilities
from model.decision import Thresholds
from training.evaluation import author_interval, class_figures, decision_figures, derived, expected_calibration_error


def test_calibrated_probabilities_have_a_small_error_and_skewed_ones_a_large() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    y = rng.random(20_000) < p
    assert expected_calibration_error(y, p) < 0.02
    assert expected_calibration_error(y, p**3) > 0.1
    assert class_figures(y, p).auroc > 0.8


def test_decisions_are_counted_against_the_right_totals() -> None:
    only = np.array([True, True, False, False, False])
    police = np.array([False, False, True, True, False])
    score = np.array([0.9, 0.5, 0.8, 0.1, 0.5])
    figures = decision_figures(only, police, score, Thresholds(0.7, 0.3, True, ""))
    assert figures.recall == 0.5
    assert figures.unsafe_flag_rate == 0.5
    assert figures.flag_precision == 0.5
    assert figures.review_share == pytest.approx(0.4)


def test_derived_is_mental_health_and_nothing_else() -> None:
    labels = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]], dtype=bool)
    only, police = derived(labels)
    assert only.tolist() == [True, False, False, False]
    assert police.tolist() == [False, True, False, True]


def test_the_author_bootstrap_is_wider_when_authors_differ() -> None:
    rng = np.random.default_rng(1)
    authors = [f"a{i // 100}" for i in range(1000)]
    same = rng.random(1000) < 0.5
    differing = np.repeat(rng.random(10) < 0.5, 100)
    width = lambda y: np.subtract(*author_interval(lambda i: float(y[i].mean()), authors)[::-1])  # noqa: E731
    assert width(differing) > 2 * width(same)


def test_platt_recovers_a_known_sigmoid() -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 2, 50_000)
    y = rng.random(50_000) < probabilities(0.5 * logits - 1)
    fitted = Sigmoid.fit(logits, y)
    assert fitted.slope == pytest.approx(0.5, abs=0.03)
    assert fitted.shift == pytest.approx(-1, abs=0.05)


def test_venn_abers_covers_the_frequency_and_keeps_the_contract() -> None:
    rng = np.random.default_rng(3)
    scores = rng.normal(0, 2, 6000)
    y = rng.random(6000) < probabilities(scores)
    fitted = VennAbersInterval.fit(scores[:3000], y[:3000])
    confidence, low, high = fitted(scores[3000:])
    np.testing.assert_allclose(confidence, high / (1 - low + high))
    assert (low <= confidence).all() and (confidence <= high).all()
    assert expected_calibration_error(y[3000:], confidence) < 0.03


def test_composition_is_the_probability_that_only_mental_health_holds() -> None:
    logits = np.array([[2.0, -1.0, -3.0, 0.5]])
    p = probabilities(logits)[0]
    assert np.exp(composed(logits)[0]) == pytest.approx(p[0] * (1 - p[1]) * (1 - p[2]) * (1 - p[3]))
