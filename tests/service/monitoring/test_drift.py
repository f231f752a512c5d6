"""Drift is found where calls changed, not where they did not, and said in words."""

import numpy as np
import pytest

from model.profile import Profile
from model.score import Observation
from service.monitoring.drift import Drift, Rules, compare, index, read_rules


def calls(number: int, seed: int, *, longer: float = 1.0, weapons: float = 0.05, confident: float = 2.0) -> Profile:
    rng = np.random.default_rng(seed)
    return Profile.of(
        Observation(
            confidence=float(rng.beta(confident, 3)),
            factors=tuple(map(float, rng.beta(1, 3, size=4))),
            decision="review",
            words=int(rng.gamma(4, 15 * longer)),
            unknown=float(rng.beta(1, 20)),
            cues=frozenset(["weapon"] if rng.random() < weapons else []),
        )
        for _ in range(number)
    )


@pytest.fixture(scope="module")
def rules() -> Rules:
    return read_rules()


@pytest.fixture(scope="module")
def reference() -> Profile:
    return calls(2000, seed=0)


def sizes(drift: Drift) -> dict[str, str]:
    return {d.statistic: d.size for d in drift.differences}


def test_calls_of_the_same_kind_look_alike(reference: Profile, rules: Rules) -> None:
    verdicts = [compare(reference, calls(1000, seed), rules).verdict for seed in range(1, 9)]
    assert verdicts == ["alike"] * 8


def test_false_alarms_stay_rare_over_many_windows_of_the_same_calls(reference: Profile, rules: Rules) -> None:
    quick = Rules(rules.fewest, rules.false_discoveries, 199, rules.index, rules.cue)
    sure = [any(size != "none" for size in sizes(compare(reference, calls(300, s), quick)).values()) for s in range(60)]
    assert sum(sure) <= 9  # 5% of 60 is 3; nine or more has a chance below 1 in 300


def test_longer_calls_ask_for_retraining_and_are_named(reference: Profile, rules: Rules) -> None:
    drift = compare(reference, calls(1000, 1, longer=2.0), rules)
    assert drift.verdict == "retrain"
    assert drift.differences[0].statistic == "length" and drift.differences[0].size == "large"
    assert "their length" in drift.words and "retrain" in drift.words
    assert sizes(drift)["confidence"] == "none"


def test_a_cue_that_grew_is_named_with_its_shares(reference: Profile, rules: Rules) -> None:
    drift = compare(reference, calls(1000, 1, weapons=0.1), rules)
    assert drift.verdict == "watch" and sizes(drift)["cue:weapon"] == "watch"
    assert "“weapon”" in drift.words


def test_what_is_sure_but_small_does_not_cry_for_retraining(rules: Rules) -> None:
    drift = compare(calls(20000, 0), calls(20000, 1, confident=2.1), rules)
    assert sizes(drift)["confidence"] == "small"
    assert drift.verdict == "alike"


@pytest.mark.parametrize(("ours", "theirs"), [(2000, 299), (299, 2000), (0, 0)])
def test_few_calls_are_too_few_to_tell(rules: Rules, ours: int, theirs: int) -> None:
    drift = compare(calls(ours, 0), calls(theirs, 1, longer=5.0), rules)
    assert drift.verdict == "too-few" and drift.differences == ()
    assert f"{min(ours, theirs):,}" in drift.words


def test_the_index_is_the_textbook_one() -> None:
    assert index([500, 500], [500, 500]) == 0
    assert index([50_000, 50_000], [75_000, 25_000]) == pytest.approx(0.25 * np.log(1.5) - 0.25 * np.log(0.5), abs=1e-4)
    assert index([0, 10], [10, 0]) == index([10, 0], [0, 10]) < np.inf
