"""When new text is danger: on scores made by hand, and on entries as control rooms write them."""

from pathlib import Path
from typing import Any

import pytest

from model.artefact import load
from model.narrative import Narrative
from service.desk.danger import turns_dangerous

LOG = (
    "Sister rings. Brother has bipolar, not sleeping, talking fast, spending money. No threats, no self harm, nobody "
    "hurt. She wants advice from mental health services."
)
DANGER = (
    "0252 goodbye note found on kitchen table by mum",
    "0252 Mum back on, she has found a letter addressed to her saying sorry and goodbye",
    "0252 left the house, phone off, note left on the side",
    "0252 He has smashed the front window and is shouting at neighbours",
    "0252 wandering in the road, cars swerving",
    "0252 ex partner has turned up outside and is kicking the door",
    "0252 brother says shotgun is missing from cabinet",
    "0252 he has said goodbye to the kids and handed over his bank cards",
    "0252 not breathing properly, lips blue",
)
CALM = (
    "0252 Mum rings back, he has had a cup of tea and is watching telly with her",
    "0252 crisis team say they will ring mum back within the hour",
    "0252 care coordinator will see him at 10",
)


def score(decision: str, risk: float, *codes: str) -> dict[str, Any]:
    factors = {"mental_health": 0.99, "immediate_risk": risk, "crime": 0.0, "police_duty": 0.0}
    return {"decision": decision, "because": [{"code": code} for code in codes], "factors": factors, "reasons": []}


@pytest.mark.parametrize(
    ("before", "now", "why"),
    [
        (score("flag", 0.05), score("review", 0.21, "between-thresholds"), ("risk-rose",)),
        (score("flag", 0.05), score("flag", 0.21), ("risk-rose",)),
        (score("flag", 0.29), score("review", 0.54, "between-thresholds"), ("risk-rose",)),
        (score("review", 0.3), score("review", 0.7), ("risk-rose",)),
        (score("review", 0.3), score("review", 0.5), ()),
        (score("flag", 0.05), score("review", 0.10, "between-thresholds"), ()),
        (score("flag", 0.05), score("review", 0.05, "paused"), ()),
        (score("flag", 0.0001), score("flag", 0.02), ()),
        (score("flag", 0.05), score("review", 0.05, "stop-weapon"), ("stop-weapon",)),
        (score("review", 0.05, "stop-weapon"), score("review", 0.05, "stop-weapon"), ()),
        (score("flag", 0.05), score("pass", 0.05), ("no-longer-flagged",)),
        (score("flag", 1.0), score("flag", 1.0), ()),
    ],
)
def test_danger_is_told_by_what_rose(before: dict[str, Any], now: dict[str, Any], why: tuple[str, ...]) -> None:
    assert turns_dangerous(before, now) == why


@pytest.fixture(scope="module")
def reasons_of(small_model: Path) -> dict[str, tuple[str, ...]]:
    """Why each entry after the log is danger, by a real model; once for all of them."""
    texts = [LOG, *(f"{LOG} {entry}" for entry in DANGER + CALM)]
    before, *now = (score.as_dict() for score in load(small_model).score_many([Narrative.of(text) for text in texts]))
    assert before["decision"] == "flag"
    return {entry: turns_dangerous(before, score) for entry, score in zip(DANGER + CALM, now, strict=True)}


@pytest.mark.parametrize("entry", DANGER)
def test_a_line_of_danger_in_a_calm_log_escalates(reasons_of: dict[str, tuple[str, ...]], entry: str) -> None:
    assert reasons_of[entry]


@pytest.mark.parametrize("entry", CALM)
def test_a_calm_line_does_not(reasons_of: dict[str, tuple[str, ...]], entry: str) -> None:
    assert not reasons_of[entry]
