from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import NarrativeError
from model.narrative import LONGEST, Narrative
from model.pieces import LONGEST_LOG, pieces, risk, score_log
from model.scorer import Scorer

QUIET = "1005 mum says he is asleep on the sofa, calm, CPN due at 3\n"
DANGER = "1010 he now has a knife to his throat and says he will kill himself tonight\n"


@given(text=st.text(alphabet="ab \n.,;-", max_size=300), longest=st.integers(1, 50))
def test_the_pieces_are_the_text_again_and_none_is_too_long(text: str, longest: int) -> None:
    cuts = list(pieces(text, longest))
    assert "".join(text[a:b] for a, b in cuts) == text
    assert all(b - a <= longest for a, b in cuts)


def test_a_cut_stands_at_the_end_of_a_line_where_there_is_one() -> None:
    text = "one line\n" * 20
    assert all(text[:end].endswith("\n") for _, end in pieces(text, 50))


def test_up_to_the_limit_it_is_an_ordinary_score(scorer: Scorer) -> None:
    text = (QUIET * 1000)[:LONGEST]
    assert score_log(text, scorer) == scorer.score(Narrative.of(text))


@pytest.mark.parametrize("before", [0, 400, 900])
def test_one_line_of_danger_is_heard_wherever_it_stands_in_a_long_log(scorer: Scorer, before: int) -> None:
    text = QUIET * before + DANGER + QUIET * (900 - before)
    assert len(text) > LONGEST
    quiet, score = score_log(QUIET * 900, scorer), score_log(text, scorer)
    assert score.decision == "review"
    assert score.because[0].code == "too-long"
    assert risk(score.factors) > risk(quiet.factors)
    assert score.confidence <= quiet.confidence
    for reason in score.reasons:
        assert text[reason.start : reason.end] == reason.text
    assert any("knife" in reason.text or "kill" in reason.text for reason in score.reasons)


def test_weights_and_rest_still_add_up(scorer: Scorer) -> None:
    text = QUIET * 400 + DANGER + QUIET * 500
    score = score_log(text, scorer)
    worst = max((scorer.score(Narrative.of(text[a:b])) for a, b in pieces(text)), key=lambda s: risk(s.factors))
    assert (score.factors, score.rest) == (worst.factors, worst.rest)
    assert [replace(r, start=0, end=0) for r in score.reasons] == [replace(r, start=0, end=0) for r in worst.reasons]


@pytest.mark.parametrize(("text", "code"), [("x" * (LONGEST_LOG + 1), "text-too-long"), (" " * 30_000, "text-blank")])
def test_what_is_wrong_with_the_whole_is_said_of_the_whole(scorer: Scorer, text: str, code: str) -> None:
    with pytest.raises(NarrativeError) as caught:
        score_log(text, scorer)
    assert caught.value.code == code
    assert f"{LONGEST_LOG:,}" in caught.value.detail or code == "text-blank"


def test_blank_stretches_are_passed_over(scorer: Scorer) -> None:
    assert score_log(DANGER + " " * 60_000 + DANGER, scorer).decision == "review"
