"""When a change in an incident's score is danger: what had looked calm no longer does."""

from collections.abc import Mapping
from typing import Any, Final

from model.pieces import risk

_TELLING: Final = 1.0
"""Logit weight from which a part of the text counts as a reason of its own; smaller ones come and go with any entry."""

_STEEP: Final = 4.0
"""Times the odds of risk must grow to count as a rise: calmer entries move them too, by less."""

_LEAST: Final = 0.01
"""Risk below this counts as this: four times next to nothing is next to nothing."""

_LOST: Final = 0.15
"""Points by which risk must rise where a flag is lost: near the threshold odds have no room to grow fourfold."""


def turns_dangerous(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Why the newer of two scores (the contract's objects) is more dangerous than the one before, in codes; often none.

    ``no-longer-flagged``: now ``pass``. ``stop-…``: a stop cue that was not there.
    ``new-risk-reason``: words that speak for immediate risk, present, that were not there. ``risk-rose``: whatever the
    words, the odds that any police factor holds are four times what they were, or a flag was lost and that probability
    is 15 points higher. A pause, which makes every answer ``review``, is none of these.
    """
    reasons = []
    if now["decision"] == "pass" and before["decision"] != "pass":
        reasons.append("no-longer-flagged")
    reasons += sorted(_stops(now) - _stops(before))
    if _risks(now) - _risks(before):
        reasons.append("new-risk-reason")
    lost = before["decision"] == "flag" != now["decision"]
    higher = risk(now["factors"]) - risk(before["factors"])
    if _odds(now) >= _STEEP * _odds(before) or (lost and higher >= _LOST):
        reasons.append("risk-rose")
    return tuple(reasons)


def priority(score: Mapping[str, Any]) -> float:
    """The queue's key, from 0 to 11: risk in tenths, and within a tenth the least certain first.

    Risk is the probability that any police factor holds. Uncertainty is 1 where the confidence is a half, 0 where
    it is 0 or 1. Steps of a tenth, because smaller differences in risk mean nothing, the unsure gain most by a reader.
    """
    uncertainty = 1.0 - abs(2.0 * float(score["confidence"]) - 1.0)
    return round(int(risk(score["factors"]) * 10) + 0.99 * uncertainty, 4)


def _odds(score: Mapping[str, Any]) -> float:
    probability = min(max(risk(score["factors"]), _LEAST), 0.9999)
    return probability / (1.0 - probability)


def _stops(score: Mapping[str, Any]) -> set[str]:
    return {because["code"] for because in score["because"] if because["code"].startswith("stop-")}


def _risks(score: Mapping[str, Any]) -> set[str]:
    return {
        reason["text"].casefold()
        for reason in score["reasons"]
        if reason["factor"] == "immediate_risk" and reason["assertion"] == "present" and reason["weight"] >= _TELLING
    }
