"""Champion and challenger on the same held-out rows: paired differences, each with its interval.

Errors of one writer or one incident go together, so the bootstrap draws groups, the same ones for both models
(Efron and Tibshirani 1993; paired, so that what is hard for both cancels out).
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from model.features import Floats
from model.labelled import STYLES, LabelledNarrative
from model.score import Score
from model.scorer import Scorer
from training.behaviour import behaviour
from training.corpus import CONTRAST, read_contrast
from training.evaluation import BINS, derived
from training.fitting import label_matrix
from training.swaps import swaps
from training.trials import score_texts

RESAMPLES: Final = 1000
ROUNDS: Final = 5
_AT_A_TIME: Final = 50
_TIMED: Final = 256
_LEAST_PROBABILITY: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure on one stratum: both models, challenger minus champion, and its interval.

    ``of`` counts the narratives that the measure is a share of. Without a champion only ``challenger`` is there;
    ``interval`` is ``None`` where the measure has none (speed, suites).
    """

    measure: str
    stratum: str
    of: int
    challenger: float | None
    champion: float | None = None
    difference: float | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Judges:
    """Held-out rows with their groups, and named masks of rows (one boolean a row) to compare on apart."""

    rows: Sequence[LabelledNarrative]
    groups: Sequence[str]
    strata: Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Contest:
    """Every comparison, and the challenger's figures of the swap pairs in full."""

    comparisons: list[Compared]
    swaps: dict[str, Any]


Parts = dict[str, tuple[Floats, np.ndarray]]
"""Of each measure: what each narrative adds to it (narratives × columns), and which narratives it is a mean over."""


def contest(challenger: Scorer, champion: Scorer | None, judges: Judges, seed: int = 0) -> Contest:
    """Every comparison that a rule of the gate may ask for.

    Args:
        challenger: the new model's whole rule.
        champion: the current one's, if there is one.
        judges: narratives that neither has seen.
        seed: of the bootstrap and of the suites.
    """
    models = [challenger, *([champion] if champion else [])]
    texts = [row.text for row in judges.rows]
    answers = [score_texts(model, texts) for model in models]
    found = _on_rows(answers, judges, seed)
    shown = _sample(judges.rows, seed)
    swapped = [swaps(model, shown, seed) for model in models]
    suites = [_suites(model, shown, figures, seed) for model, figures in zip(models, swapped, strict=True)]
    for name in suites[0]:
        found.append(_plain(*name, [suite[name] for suite in suites]))
    found.append(_speed(models, texts))
    return Contest(found, swapped[0])


def _on_rows(answers: Sequence[Sequence[Score]], judges: Judges, seed: int) -> list[Compared]:
    only, police = derived(label_matrix(judges.rows))
    edges = np.quantile([s.confidence for s in answers[0]], np.linspace(0, 1, BINS + 1))[1:-1]
    parts = [_parts(scores, only, police, edges) for scores in answers]
    names, group = np.unique(np.array(judges.groups), return_inverse=True)
    strata = {"all": np.ones(len(judges.rows), dtype=bool), **judges.strata}
    return [
        _compare(measure, stratum, [p[measure] for p in parts], mask, group, len(names), seed)
        for stratum, mask in strata.items()
        for measure in parts[0]
        if mask.any()
    ]


def _parts(scores: Sequence[Score], only: np.ndarray, police: np.ndarray, edges: Floats) -> Parts:
    flagged = np.array([s.decision == "flag" for s in scores])
    passed = np.array([s.decision == "pass" for s in scores])
    confidence = np.array([s.confidence for s in scores])
    everybody = np.ones(len(scores), dtype=bool)
    bins = np.searchsorted(edges, confidence)
    gaps = np.zeros((len(scores), BINS))
    gaps[np.arange(len(scores)), bins] = confidence - only
    likely = np.clip(np.where(only, confidence, 1 - confidence), _LEAST_PROBABILITY, 1)
    return {
        "unsafe_flag_rate": (_column(flagged), police),
        "flag_precision": (_column(only), flagged),
        "recall": (_column(flagged), only),
        "passed_share": (_column(passed), only),
        "review_share": (_column(~flagged & ~passed), everybody),
        "calibration_error": (gaps, everybody),
        "log_loss": (_column(-np.log(likely)), everybody),
    }


def _column(values: np.ndarray) -> Floats:
    return np.asarray(values, dtype=float).reshape(-1, 1)


def _compare(
    measure: str,
    stratum: str,
    parts: Sequence[tuple[Floats, np.ndarray]],
    mask: np.ndarray,
    group: np.ndarray,
    groups: int,
    seed: int,
) -> Compared:
    """The bootstrap as weights on groups: their sums are drawn, not their rows."""
    sums: list[Floats] = []
    counts: list[Floats] = []
    for added, among in parts:
        taken = mask & among
        sums.append(np.column_stack([np.bincount(group[taken], c[taken], groups).astype(float) for c in added.T]))
        counts.append(np.bincount(group[taken], minlength=groups).astype(float))
    of = int(counts[0].sum())
    if not of:
        return Compared(measure, stratum, 0, None)
    once = np.ones((1, groups))
    values = [float(_mean(once, s, c)[0]) for s, c in zip(sums, counts, strict=True)]
    if len(parts) == 1 or not counts[1].any():
        return Compared(measure, stratum, of, values[0])
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(RESAMPLES // _AT_A_TIME):
        weights = rng.multinomial(groups, np.full(groups, 1 / groups), size=_AT_A_TIME).astype(float)
        drawn.append(_mean(weights, sums[0], counts[0]) - _mean(weights, sums[1], counts[1]))
    differences = np.concatenate(drawn)
    differences = differences[np.isfinite(differences)]
    low, high = np.quantile(differences, [0.025, 0.975]) if len(differences) else (float("nan"), float("nan"))
    return Compared(measure, stratum, of, values[0], values[1], values[0] - values[1], (float(low), float(high)))


def _mean(weights: Floats, sums: Floats, counts: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.abs(weights @ sums).sum(axis=1) / (weights @ counts))


def strata_of(rows: Sequence[LabelledNarrative], own: Sequence[bool]) -> dict[str, np.ndarray]:
    """By style, and by whose rows they are where there are both kinds."""
    found = {f"style {style}": np.array([row.style == style for row in rows]) for style in STYLES}
    mine = np.array(own, dtype=bool)
    if mine.any() and not mine.all():
        found |= {"the force's own rows": mine, "the synthetic corpus": ~mine}
    return {name: mask for name, mask in found.items() if mask.any()}


def _suites(
    model: Scorer, shown: Sequence[LabelledNarrative], swapped: dict[str, Any], seed: int
) -> dict[tuple[str, str], tuple[float, int]]:
    """The behavioural suite and the swap pairs, each figure by measure and group."""
    suite = behaviour(model, read_contrast([CONTRAST]), shown, seed)
    found: dict[tuple[str, str], Any] = {
        ("contrast_groups_held", "all"): suite["contrast"]["all"]["held"],
        ("contrast_unsafe_flags", "all"): suite["contrast"]["all"]["unsafe_flags"],
        ("decisions_kept_under_typing_noise", "all"): suite["noise"]["typing"]["all"]["kept"],
        ("moved_to_flag_by_typing_noise", "all"): suite["noise"]["typing"]["all"]["moved_to_flag"],
    }
    values = {name: (s["share"], s["number"]) for name, s in found.items() if s["share"] is not None}
    for characteristic, figures in swapped["characteristics"].items():
        kept = figures["kept"]
        if kept["share"] is not None:
            values["decisions_kept_when_swapped", characteristic] = (kept["share"], kept["number"])
        for group, direction in figures["groups"].items():
            values["moved_by_swap", f"{characteristic}: {group}"] = (abs(direction["mean_change"]), direction["pairs"])
    return values


_SUITE_ROWS: Final = 400


def _sample(rows: Sequence[LabelledNarrative], seed: int) -> list[LabelledNarrative]:
    """So many held-out rows as the suites can alter in a minute."""
    if len(rows) <= _SUITE_ROWS:
        return list(rows)
    chosen = np.random.default_rng(seed).choice(len(rows), _SUITE_ROWS, replace=False)
    return [rows[i] for i in sorted(chosen)]


def _plain(measure: str, stratum: str, values: Sequence[tuple[float, int]]) -> Compared:
    value, of = values[0]
    if len(values) == 1:
        return Compared(measure, stratum, of, value)
    return Compared(measure, stratum, of, value, values[1][0], value - values[1][0])


def _speed(models: Sequence[Scorer], texts: Sequence[str]) -> Compared:
    """Seconds a thousand narratives take, the best of a few rounds in turn; the difference is the ratio minus one."""
    timed = list(texts[:_TIMED])
    best = [float("inf")] * len(models)
    for _ in range(ROUNDS):
        for number, model in enumerate(models):
            began = time.perf_counter()
            score_texts(model, timed)
            best[number] = min(best[number], time.perf_counter() - began)
    seconds = [1000 * b / max(1, len(timed)) for b in best]
    if len(models) == 1:
        return Compared("seconds_a_thousand", "all", len(timed), seconds[0])
    return Compared("seconds_a_thousand", "all", len(timed), seconds[0], seconds[1], seconds[0] / seconds[1] - 1)
