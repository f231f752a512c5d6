"""Counts of scores: they add up, survive JSON, and hold nothing of a text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.narrative import Narrative
from model.profile import EDGES, Profile
from model.score import Observation
from model.scorer import Scorer

share = st.floats(0, 1)
observations = st.lists(
    st.builds(
        Observation,
        confidence=share,
        factors=st.tuples(share, share, share, share),
        decision=st.sampled_from(["flag", "review", "pass", None]),
        words=st.integers(0, 5000),
        unknown=share,
        cues=st.frozensets(st.sampled_from(["weapon", "voices", "goodbye"])),
    ),
    max_size=20,
)


@given(observations, observations)
def test_profiles_merge_as_their_calls_do(some: list[Observation], more: list[Observation]) -> None:
    together = Profile.of([*some, *more])
    assert Profile.of(some).merged(Profile.of(more)) == together
    assert Profile().merged(together) == together
    assert Profile.from_dict(json.loads(json.dumps(together.as_dict()))) == together
    assert all(sum(bins) == together.narratives for bins in together.histograms.values())


def test_a_value_falls_into_its_own_bin() -> None:
    seen = Observation(0.95, (0.0, 0.1, 0.55, 1.0), "flag", words=5, unknown=0.0, cues=frozenset({"voices"}))
    profile = Profile.of([seen])
    places = {name: bins.index(1) for name, bins in profile.histograms.items()}
    assert places == {
        "confidence": 9, "mental_health": 0, "immediate_risk": 1, "crime": 5, "police_duty": 9,
        "length": 1, "unknown": 0,
    }  # fmt: skip
    assert (profile.decisions, profile.cues) == ({"flag": 1, "review": 0, "pass": 0}, {"voices": 1})


@pytest.mark.parametrize("change", [{"format": 0}, {"narratives": -1}, {"cues": {"x": "y"}}, {"histograms": {}}])
def test_what_is_no_profile_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Profile.from_dict(Profile().as_dict() | change)


def test_a_score_carries_what_the_profile_counts_and_no_text(scorer: Scorer) -> None:
    text = "Caller says his sister is talking to the walls and has not slept. She has no weapons, qwzrtx."
    score = scorer.score(Narrative.of(text))
    seen = score.observation
    assert seen is not None
    assert (seen.words, seen.factors) == (18, tuple(score.factors.values()))
    assert 0 < seen.unknown < 0.5
    assert "observation" not in score.as_dict()
    assert not any(word in str(seen) for word in ("walls", "sister", "qwzrtx"))


def test_the_model_carries_the_profile_of_its_calibration_part(scorer: Scorer) -> None:
    profile = Profile.from_dict(scorer.manifest["profile"])
    assert profile.narratives > 100 and set(profile.histograms) == set(EDGES)
    assert sum(profile.decisions.values()) == profile.narratives
