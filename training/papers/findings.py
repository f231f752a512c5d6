"""What a model did on the calls that judged it, as JSON: enough for every sentence and every picture of the papers."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from scipy.stats import binomtest

from model.labelled import LabelledNarrative
from model.score import Score
from training.evidence.answers import Answered
from training.evidence.parts import Part
from training.evidence.reliability import reliability
from training.evidence.standing import rate
from training.evidence.tradeoff import precision_at_prevalence
from training.testing import Answers

PREVALENCE: Final = 0.05
_MOST_DRAWN: Final = 5000
"""Pictures and bootstraps look at so many rows at most; counts are of all."""

_SLICES: Final[dict[str, Callable[[LabelledNarrative], str]]] = {
    "style": lambda row: row.style.replace("_", " "),
    "register": lambda row: row.register_,
    "difficulty": lambda row: row.difficulty,
}
_FEWEST: Final = 10


def findings(
    rows: Sequence[LabelledNarrative],
    groups: Sequence[str],
    own: Sequence[bool],
    scores: Sequence[Score],
    swaps: dict[str, Any],
    seed: int = 0,
) -> dict[str, Any]:
    """Counts by kind of call, ranges, calibration, flag precision by prevalence, and what swapping does; no text.

    Args:
        rows: what judges, with the groups (writers, incidents) that the bootstrap draws.
        groups: of the rows.
        own: which rows are the force's own.
        scores: of the rows.
        swaps: as ``training.swaps.swaps`` gives them.
        seed: of the rows drawn where there are very many.
    """
    everything = counted("all", "all calls", rows, scores, [True] * len(rows))
    slices = [
        counted(kind, name, rows, scores, [of(row) == name for row in rows])
        for kind, of in _SLICES.items()
        for name in sorted({of(row) for row in rows})
    ]
    whose = [counted("whose", "the force's own calls", rows, scores, own)]
    whose.append(counted("whose", "synthetic narratives", rows, scores, [not mine for mine in own]))
    part, answered = _drawn(rows, groups, scores, seed)
    flagged = answered.answers.flagged
    found = {
        "all": everything,
        "slices": [s for s in [*whose, *slices] if max(s["police"], s["only"]) >= _FEWEST],
        "too_few": sorted({f"{s['kind']}: {s['name']}" for s in slices if max(s["police"], s["only"]) < _FEWEST}),
        "ranges": {
            name: _wider(everything[hits], everything[of], part, flagged, among)
            for name, hits, of, among in (
                ("unsafe", "unsafe", "police", part.police),
                ("found", "found", "only", part.only),
            )
        },
        "swaps": {name: s for name, s in swaps.items() if name != "bars"},
        "reliability": [asdict(one) for one in reliability(part, answered)] if _mixed(part.only) else [],
        "prevalence": None,
    }
    everyday = part.everyday
    if flagged[everyday].any() and part.only[everyday].any():
        found["prevalence"] = asdict(precision_at_prevalence(part, answered, PREVALENCE))
    return found


def counted(
    kind: str, name: str, rows: Sequence[LabelledNarrative], scores: Sequence[Score], inside: Sequence[bool]
) -> dict[str, Any]:
    """Of the rows inside: how many need the police and are flagged, are mental health only and are flagged, are
    flagged, are for review."""
    pairs = [(row, score.decision) for row, score, yes in zip(rows, scores, inside, strict=True) if yes]
    return {
        "kind": kind,
        "name": name,
        "calls": len(pairs),
        "police": sum(row.needs_police for row, _ in pairs),
        "unsafe": sum(row.needs_police and decision == "flag" for row, decision in pairs),
        "only": sum(row.mental_health_only for row, _ in pairs),
        "found": sum(row.mental_health_only and decision == "flag" for row, decision in pairs),
        "passed": sum(row.mental_health_only and decision == "pass" for row, decision in pairs),
        "flagged": sum(decision == "flag" for _, decision in pairs),
        "review": sum(decision == "review" for _, decision in pairs),
    }


def _drawn(
    rows: Sequence[LabelledNarrative], groups: Sequence[str], scores: Sequence[Score], seed: int
) -> tuple[Part, Answered]:
    places = list(range(len(rows)))
    if len(rows) > _MOST_DRAWN:
        places = sorted(np.random.default_rng(seed).choice(len(rows), _MOST_DRAWN, replace=False).tolist())
    some = [scores[i] for i in places]
    part = Part("held out", [rows[i] for i in places], ours=False, groups=[groups[i] for i in places])
    decisions = np.array([s.decision for s in some])
    answers = Answers(
        np.array([[*s.factors.values(), s.confidence] for s in some]), decisions == "flag", decisions == "pass"
    )
    confidence = np.array([s.confidence for s in some])
    everybody = np.ones(len(some), dtype=bool)
    return part, Answered("Signpost", answers, confidence, everybody, None, None, 0.0, 0)


def _wider(hits: int, of: int, part: Part, flagged: np.ndarray, among: np.ndarray) -> list[float] | None:
    """The wider of two 95% intervals: Wilson's over rows, which knows that nothing seen is not nothing there, and the
    bootstrap's over groups, which knows that one writer's errors go together."""
    if not of:
        return None
    wilson = binomtest(hits, of).proportion_ci(method="wilson")
    drawn = rate(part, flagged, among)
    return [float(np.nanmin([wilson.low, drawn.low])), float(np.nanmax([wilson.high, drawn.high]))]


def _mixed(truth: np.ndarray) -> bool:
    return bool(truth.any() and not truth.all())
