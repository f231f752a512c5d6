"""The papers' pictures, drawn from the findings alone."""

from typing import Any, Final, TypeVar

import numpy as np
from scipy.stats import binomtest

from training.evidence.reliability import Reliability
from training.evidence.standing import Estimate
from training.evidence.strata import FEWEST, Stratum
from training.evidence.tradeoff import PrecisionAtPrevalence
from training.plots import reliability as reliability_plot
from training.plots import slices as slices_plot
from training.plots import threshold as threshold_plot
from training.plots.picture import Picture
from training.swaps import KEPT

_Finding = TypeVar("_Finding")
_DRAWN: Final = ("style", "register", "difficulty", "whose")


def pictures(findings: dict[str, Any]) -> dict[str, Picture]:
    """By name, those that the findings have enough for: slices, reliability, prevalence, protected."""
    everything = findings["all"]
    found: dict[str, Picture] = {}
    unsafe, recall = _estimate(everything, "unsafe", "police"), _estimate(everything, "found", "only")
    if unsafe and recall and everything["flagged"]:
        strata = [_stratum(s) for kind in _DRAWN for s in findings["slices"] if s["kind"] == kind]
        found["slices"] = slices_plot.slices(strata, unsafe, recall)
    if findings["reliability"]:
        found["reliability"] = reliability_plot.reliability([_read(Reliability, f) for f in findings["reliability"]])
    if findings["prevalence"]:
        found["prevalence"] = threshold_plot.precision_at_prevalence(
            _read(PrecisionAtPrevalence, findings["prevalence"])
        )
    if findings["swaps"]["all"]["kept"]["share"] is not None:
        found["protected"] = slices_plot.protected(findings["swaps"], KEPT)
    return found


def _stratum(s: dict[str, Any]) -> Stratum:
    return Stratum(
        kind=s["kind"],
        name=s["name"],
        number=s["calls"],
        unsafe=_estimate(s, "unsafe", "police"),
        unsafe_of=s["police"],
        recall=_estimate(s, "found", "only"),
        recall_of=s["only"],
    )


def _estimate(s: dict[str, Any], hits: str, of: str) -> Estimate | None:
    if s[of] < FEWEST:
        return None
    ci = binomtest(s[hits], s[of]).proportion_ci(method="wilson")
    return Estimate(s[hits] / s[of], float(ci.low), float(ci.high))


def _read(kind: type[_Finding], facts: dict[str, Any]) -> _Finding:
    """A finding from its JSON: objects are estimates, lists are arrays."""
    values = {
        name: Estimate(**value)
        if isinstance(value, dict)
        else np.array(value, dtype=float)
        if isinstance(value, list)
        else value
        for name, value in facts.items()
    }
    return kind(**values)
