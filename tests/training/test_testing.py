"""The figures that the two tests report."""

import numpy as np
import pytest

from model.labelled import LabelledNarrative
from training.coverage import KINDS, kinds, table
from training.testing import Answers, figures, miss_ratio


def row(number: int, only: bool, register: str = "everyday") -> LabelledNarrative:
    return LabelledNarrative.model_validate(
        {
            "id": f"r{number}", "text": "some words", "mental_health": True, "immediate_risk": not only,
            "crime": number % 3 == 0 and not only, "police_duty": number % 5 == 0 and not only,
            "difficulty": "clear" if number % 4 else "borderline",
            "register": register, "style": "prose", "caller": "friend", "family": "f", "scenario": f"s{number}",
            "author": f"w{number % 4}", "round": 0,
        }
    )  # fmt: skip


ROWS = [row(n, only=n % 2 == 0, register="everyday" if n % 8 < 6 else "hard") for n in range(400)] + [
    row(1000, only=False).model_copy(update={"mental_health": False})
]
ONLY = np.array([r.mental_health_only for r in ROWS])


def answers(flagged: np.ndarray) -> Answers:
    rng = np.random.default_rng(0)
    p = rng.random((len(ROWS), 5))
    return Answers(p, flagged, ~flagged & (rng.random(len(ROWS)) < 0.5))


def test_rates_are_counted_among_those_they_concern() -> None:
    found = figures(ROWS, answers(ONLY))
    assert found["recall"]["rate"] == 1.0
    assert found["unsafe_flags"]["rate"] == 0.0
    assert found["unsafe_flags"]["of"] == int((~ONLY).sum())
    assert found["everyday_flag_precision_at_prevalence"]["5%"] == 1.0
    wrong = figures(ROWS, answers(~ONLY))
    assert wrong["recall"]["rate"] == 0.0
    assert wrong["unsafe_flags"]["rate"] == 1.0
    assert wrong["strata"]["register hard"]["unsafe_flag_rate"] == 1.0


def test_misses_are_compared_at_the_same_unsafe_flag_rate() -> None:
    rng = np.random.default_rng(1)
    good, poor = ONLY + rng.normal(0, 0.3, len(ROWS)), ONLY + rng.normal(0, 1.0, len(ROWS))
    assert miss_ratio(ROWS, good, good)["ratio"] == pytest.approx(1.0)
    found = miss_ratio(ROWS, good, poor)
    assert found["ratio"] < 0.7
    assert found["interval"][0] <= found["ratio"] <= found["interval"][1]
    # Only the order of scores counts, not their scale.
    assert miss_ratio(ROWS, 10 * good - 3, poor)["ratio"] == pytest.approx(found["ratio"])


def test_coverage_counts_pairs_and_names_the_empty_ones() -> None:
    lines = table(ROWS, "Register × factors", lambda r: r.register_, KINDS, kinds)
    hard = next(line for line in lines if line.startswith("| hard"))
    assert hard.split("|")[2].strip() == str(sum(r.mental_health_only for r in ROWS if r.register_ == "hard"))
    assert "hard × no factor" in lines[-2]
