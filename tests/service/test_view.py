from dataclasses import replace
from typing import Any

import pytest

from model.narrative import Narrative
from service.pages.view import DECISIONS, answer, percent, threshold_words, visible


@pytest.mark.parametrize(
    ("probability", "shown"),
    [(0.0, "under 1%"), (0.0099, "under 1%"), (0.01, "1%"), (0.5, "50%"), (0.99, "99%"), (0.9912, "over 99%")],
)
def test_a_probability_never_claims_to_be_certain(probability: float, shown: str) -> None:
    assert percent(probability) == shown


def test_each_decision_is_said_in_the_words_of_the_contract() -> None:
    assert set(DECISIONS) == {"flag", "review", "pass"}
    assert DECISIONS["flag"].endswith("a person confirms before anything happens")


@pytest.mark.parametrize(
    ("provisional", "said"), [(True, "The threshold is provisional. Two in a hundred."), (False, "Two in a hundred.")]
)
def test_the_threshold_says_what_it_is_worth(provisional: bool, said: str) -> None:
    assert threshold_words({"guarantee": {"provisional": provisional, "text": "Two in a hundred."}}) == said


def test_control_characters_show_without_moving_anything() -> None:
    assert visible("a\x00b\x7f\tc\n") == "a␀b␡\tc\n"


def test_the_heaviest_reason_gives_an_overlap_its_colour(scorer: Any) -> None:
    text = "talking to the walls again"
    view = answer(text, scorer.score(Narrative.of(text)), scorer)
    overlap = next(piece for piece in view.pieces if piece.text == "to the walls")
    assert overlap.leading is not None and overlap.leading.weight == "+1.71"
    assert [reason.number for reason in overlap.reasons] == [1, 2]


def test_a_blank_between_two_reasons_is_no_empty_box(scorer: Any) -> None:
    score = scorer.score(Narrative.of("hearing voices"))
    reasons = (replace(score.reasons[0], start=0, end=8), replace(score.reasons[0], start=7, end=14))
    view = answer("hearing voices", replace(score, reasons=reasons), scorer)
    assert [(piece.text, piece.leading is not None) for piece in view.pieces] == [
        ("hearing", True),
        (" ", True),  # the first reason ends with it, and its number stands there
        ("voices", True),
    ]
    reasons = (replace(score.reasons[0], start=0, end=14), replace(score.reasons[0], start=0, end=7))
    view = answer("hearing voices", replace(score, reasons=(*reasons, replace(reasons[0], start=8))), scorer)
    assert [(piece.text, piece.leading is not None) for piece in view.pieces] == [
        ("hearing", True),
        (" ", False),
        ("voices", True),
    ]


def test_weights_have_a_sign_that_is_read_out(scorer: Any) -> None:
    text = "no weapons"
    view = answer(text, scorer.score(Narrative.of(text)), scorer)
    assert view.reasons[0].weight == "\N{MINUS SIGN}0.92"
    assert view.reasons[0].direction == "against"


def test_the_threshold_is_said_with_the_flag_precision_to_expect_rarest_first() -> None:
    said = threshold_words(
        {
            "guarantee": {
                "provisional": False,
                "text": "At most 2%.",
                "flag_precision_at_prevalence": {"10%": 0.91, "2%": 0.62, "5%": 0.81},
            }
        }
    )
    assert said.startswith("At most 2%.")
    assert said.index("62% where 2%") < said.index("81% where 5%") < said.index("91% where 10%")


def test_every_factor_shows_how_far_the_model_may_be_off(scorer) -> None:
    text = "She hears voices and wants the crisis team."
    for factor in answer(text, scorer.score(Narrative.of(text)), scorer).factors:
        assert factor.bar.low <= factor.bar.at <= factor.bar.high
        assert factor.range == "" or " to " in factor.range
    assert all(factor.range == "" for factor in answer(text, scorer.score(Narrative.of(text)), None).factors)
