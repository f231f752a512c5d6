"""From text to score: one path, exact reasons, decisions that only ever fall back to a person."""

import json
import math
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.cues import load_kinds
from model.decision import Familiarity, Policy, ReviewRule, Thresholds, load_policy
from model.errors import LexiconError, NarrativeError
from model.factors import FACTORS
from model.narrative import Narrative
from model.pause import PauseSwitch
from model.reasons import MOST
from model.scorer import Scorer
from training.corpus import NARRATIVES, read_corpus

CALM = (
    "Mum of F 24 - daughter has bad anxiety, not slept, crying on the sofa, no thoughts of harming herself, "
    "crisis team ringing back at 4"
)
DANGER = "He has taken forty tablets and is cutting his arms with a knife - not answering the door now"


@pytest.fixture(scope="module")
def texts() -> list[str]:
    rows = read_corpus([NARRATIVES])
    return [row.text for row in rows[:: max(1, len(rows) // 120)]]


def test_scores_equal_predict_proba(scorer: Scorer, texts: list[str]) -> None:
    expected = scorer.classifier.predict_proba(texts)
    scores = scorer.score_many([Narrative.of(t) for t in texts])
    got = np.array([[*s.factors.values(), s.confidence] for s in scores])
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


def test_one_at_a_time_gives_the_same_bytes_as_together(scorer: Scorer, texts: list[str]) -> None:
    narratives = [Narrative.of(t) for t in texts]
    together = [orjson.dumps(s.as_dict(1)) for s in scorer.score_many(narratives)]
    alone = [orjson.dumps(scorer.score(n).as_dict(1)) for n in narratives]
    assert together == alone


def assert_reasons_add_up(scorer: Scorer, text: str) -> None:
    narrative = Narrative.of(text)
    answer = scorer.score(narrative).as_dict()
    logits = scorer.classifier.decision_function([narrative])[0]
    assert len(answer["reasons"]) <= MOST
    for k, factor in enumerate(FACTORS):
        total = sum(r["weight"] for r in answer["reasons"] if r["factor"] == factor) + answer["rest"][factor]
        assert total == pytest.approx(logits[k], abs=1e-3)
    for reason in answer["reasons"]:
        assert text[reason["start"] : reason["end"]] == reason["text"]
        assert reason["assertion"] in {"present", "negated", "historical", "conditional", "other_person"}


def test_reasons_and_rest_add_up_to_the_logit(scorer: Scorer, texts: list[str]) -> None:
    for text in texts:
        assert_reasons_add_up(scorer, text)


words = st.sampled_from(
    ["knife", "no", "tablets", "s136", "O/D", "[name]", "calm", "voices", "\u200b", "caf\u00e9", "\n1910", "-", "â€™"]
)


@given(
    st.lists(st.one_of(words, st.text(st.characters(exclude_categories=["Cs"]), max_size=8)), min_size=1, max_size=30)
)
@settings(max_examples=200, deadline=None)
def test_reasons_slice_back_to_the_text_whatever_it_is(parts: list[str]) -> None:
    text = " ".join(parts)
    scorer = _scorer[0]
    try:
        Narrative.of(text)
    except NarrativeError:
        return
    assert_reasons_add_up(scorer, text)


_scorer: list[Scorer] = []


@pytest.fixture(scope="module", autouse=True)
def _share(scorer: Scorer) -> None:
    _scorer[:] = [scorer]


def test_numbers_have_their_decimals_and_probabilities_their_range(scorer: Scorer, texts: list[str]) -> None:
    for score in scorer.score_many([Narrative.of(t) for t in texts]):
        answer = score.as_dict("x")
        low, high = answer["interval"]
        assert 0 <= low <= answer["confidence"] <= high <= 1
        assert all(0 <= p <= 1 and math.isclose(p, round(p, 4)) for p in answer["factors"].values())
        assert list(answer) == [
            "id", "decision", "because", "confidence", "interval", "factors", "reasons", "rest", "model", "policy"
        ]  # fmt: skip


def test_plain_danger_is_never_flagged_and_outweighs_calm(scorer: Scorer) -> None:
    calm, danger = (scorer.score(Narrative.of(t)) for t in (CALM, DANGER))
    assert danger.decision != "flag"
    assert danger.confidence < calm.confidence
    assert danger.factors["immediate_risk"] > calm.factors["immediate_risk"]


def test_a_long_calm_page_does_not_average_out_one_clause_of_danger(scorer: Scorer) -> None:
    page = (CALM + "\n") * 12
    with_danger = page + "She is on the parapet of the bridge now with one leg over"
    calm, danger = scorer.score(Narrative.of(page)), scorer.score(Narrative.of(with_danger))
    assert danger.factors["immediate_risk"] > calm.factors["immediate_risk"]


def lax(scorer: Scorer, **changes: object) -> Scorer:
    everything_flags = Thresholds(flag=-1e9, review=-1e9, provisional=True, guarantee="")
    return replace(scorer, **{"thresholds": everything_flags, "stop_cues": (), "policy": Policy("p", ()), **changes})


def codes(scorer: Scorer, text: str) -> tuple[str, list[str]]:
    score = scorer.score(Narrative.of(text))
    return score.decision, [b.code for b in score.because]


def test_without_a_threshold_everything_is_for_review(scorer: Scorer) -> None:
    none = lax(scorer, thresholds=Thresholds.nothing("none"))
    assert codes(none, CALM) == ("review", ["no-threshold"])


def test_paused_everything_is_for_review_at_once_and_says_who_and_why(scorer: Scorer, tmp_path: Path) -> None:
    switch = PauseSwitch(tmp_path)
    ours = lax(scorer, switch=switch)
    assert codes(ours, CALM) == ("flag", ["above-threshold"])
    switch.pause("trial stopped")
    assert codes(ours, CALM) == ("review", ["paused"])
    assert ours.facts()["paused"]["why"] == "trial stopped"
    assert switch.resume("trial goes on")
    assert not switch.resume("again")
    assert codes(ours, CALM) == ("flag", ["above-threshold"])
    assert ours.facts()["paused"] is None
    record = [json.loads(line) for line in (tmp_path / "pauses.jsonl").read_text().splitlines()]
    assert [(r["what"], r["why"]) for r in record] == [("pause", "trial stopped"), ("resume", "trial goes on")]


def test_a_broken_switch_file_still_pauses(scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "paused.json").write_text("not json")
    ours = lax(scorer, switch=PauseSwitch(tmp_path))
    assert codes(ours, CALM) == ("review", ["paused"])
    assert ours.facts()["paused"]["by"] == "unknown"


def test_prevalence_corrects_the_confidence_and_no_decision(scorer: Scorer, texts: list[str]) -> None:
    narratives = [Narrative.of(t) for t in texts]
    plain, rare = scorer.score_many(narratives), replace(scorer, prevalence=0.02).score_many(narratives)
    for before, after in zip(plain, rare, strict=True):
        assert after.decision == before.decision
        assert after.factors == before.factors
        assert after.confidence <= before.confidence
        low, high = after.interval
        assert low <= after.confidence <= high


def test_a_stop_cue_turns_a_flag_into_review_and_is_named(scorer: Scorer) -> None:
    rule = ReviewRule("stop-weapon", "A weapon is named.", frozenset({"weapon"}), flags_only=True)
    stopped = lax(scorer, stop_cues=(rule,))
    assert codes(stopped, "He has a knife") == ("review", ["stop-weapon"])
    assert stopped.score(Narrative.of("He has a knife")).stop_cues == ("stop-weapon",)
    assert codes(stopped, CALM)[0] == "flag"
    nothing_flags = Thresholds(flag=1e9, review=1e9, provisional=True, guarantee="")
    assert codes(lax(scorer, stop_cues=(rule,), thresholds=nothing_flags), "He has a knife")[0] == "pass"


def test_a_policy_fact_always_becomes_review(scorer: Scorer) -> None:
    rule = ReviewRule("policy-x", "This force wants a person.", frozenset({"weapon"}), flags_only=False)
    nothing_flags = Thresholds(flag=1e9, review=1e9, provisional=True, guarantee="")
    ours = lax(scorer, policy=Policy("ours-2", (rule,)), thresholds=nothing_flags)
    assert codes(ours, "He has a knife") == ("review", ["policy-x"])
    assert ours.score(Narrative.of(CALM)).policy == "ours-2"


def test_a_force_can_keep_children_out(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text('version = "ours-3"\n[[review]]\ncode = "under-18"\nwords = "A child."\nkinds = ["under_18"]\n')
    ours = lax(scorer, policy=load_policy(path, load_kinds()))
    assert codes(ours, CALM.replace("F 24", "F 15")) == ("review", ["policy-under-18"])
    assert codes(ours, CALM)[0] == "flag"


@pytest.mark.parametrize(
    "content",
    [
        "not toml",
        "",
        'version = "x"\n[[review]]\ncode = "a"\n',
        'version = "x"\n[[review]]\ncode="a"\nwords="b"\nkinds=["none"]\n',
    ],
)
def test_a_policy_that_does_not_parse_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(content)
    with pytest.raises(LexiconError) as caught:
        load_policy(path, load_kinds())
    assert caught.value.code == "policy-invalid"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Help", "unfamiliar-short"),
        ("!!! ???", "unfamiliar-short"),
        ("Der Nachbar sitzt seit gestern allein im Treppenhaus und spricht mit niemandem mehr", "unfamiliar-words"),
        ("qwpo zzxc vbnm lkjh gfds apoi uytr ewqm", "unfamiliar-words"),
        ("he is sad and calm " * 600, "unfamiliar-long"),
    ],
)
def test_unfamiliar_text_goes_to_a_person(scorer: Scorer, text: str, code: str) -> None:
    assert codes(lax(scorer), text) == ("review", [code])


@pytest.mark.parametrize(
    ("words", "unknown", "unphrased", "code"),
    [
        (50, 0.1, 0.4, None),
        (2, 0.0, 0.0, "unfamiliar-short"),
        (101, 0.0, 0.0, "unfamiliar-long"),
        (50, 0.3, 0.0, "unfamiliar-words"),
        (50, 0.0, 0.9, "unfamiliar-phrasing"),
    ],
)
def test_familiar_bounds(words: int, unknown: float, unphrased: float, code: str | None) -> None:
    bounds = Familiarity(fewest_words=3, most_words=100, most_unknown=0.2, most_unphrased=0.8)
    because = bounds.strangeness(words, unknown, unphrased)
    assert (because.code if because else None) == code


def test_threads_that_score_at_the_same_time_get_what_each_would_get_alone(
    scorer: Scorer,
) -> None:
    narratives = [Narrative.of(row.text) for row in read_corpus([NARRATIVES])[:100]]
    batches = [narratives[start : start + 10] for start in range(0, 100, 10)]
    alone = [scorer.score_many(batch) for batch in batches]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads change places in the middle of everything
    try:
        with ThreadPoolExecutor(3) as threads:
            together = list(threads.map(lambda _: [scorer.score_many(batch) for batch in batches], range(3)))
    finally:
        sys.setswitchinterval(before)
    assert all(scores == alone for scores in together)
