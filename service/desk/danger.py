"""When a change in an incident's score is danger: what had looked calm no longer does."""

from collections.abc import Mapping
from typing import Any, Final

from model.pieces import risk

_TELLING: Final = 1.0
"""Logit weight from which a part of the text counts as a reason of its own; smaller ones come and go with any entry."""


def turns_dangerous(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Why the newer of two scores (the contract's objects) is more dangerous than the one before, in codes; often none.

    ``no-longer-flagged``: now ``pass``. ``stop-…``: a stop cue that was not there.
    ``new-risk-reason``: words that speak for immediate risk, present, that were not there.
    """
    reasons = []
    if now["decision"] == "pass" and before["decision"] != "pass":
        reasons.append("no-longer-flagged")
    reasons += sorted(_stops(now) - _stops(before))
    if _risks(now) - _risks(before):
        reasons.append("new-risk-reason")
    return tuple(reasons)


def priority(score: Mapping[str, Any]) -> float:
    """The queue's key, from 0 to 11: risk in tenths, and within a tenth the least certain first.

    Risk is the probability that any police factor holds. Uncertainty is 1 where the confidence is a half, 0 where
    it is 0 or 1. Steps of a tenth, because smaller differences in risk mean nothing, the unsure gain most by a reader.
    """
    uncertainty = 1.0 - abs(2.0 * float(score["confidence"]) - 1.0)
    return round(int(risk(score["factors"]) * 10) + 0.99 * uncertainty, 4)


def _stops(score: Mapping[str, Any]) -> set[str]:
    return {because["code"] for because in score["because"] if because["code"].startswith("stop-")}


def _risks(score: Mapping[str, Any]) -> set[str]:
    return {
        reason["text"].casefold()
        for reason in score["reasons"]
        if reason["factor"] == "immediate_risk" and reason["assertion"] == "present" and reason["weight"] >= _TELLING
    }
