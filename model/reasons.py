"""Reasons: a linear score taken back to the words it came from, exactly."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from model.factors import FACTORS
from model.features import Floats
from model.narrative import Narrative
from model.reading import Reading
from model.score import Assertion, Reason

MOST: Final = 8
AGAINST: Final = 2
"""Places kept for the strongest parts that speak against what the strongest speak for."""

_NEIGHBOUR: Final = 0.25
"""Words beside each other become one reason when each weighs at least this share of the factor's heaviest."""
_LONGEST: Final = 10


_Segment = tuple[int, int, str]


class _Part(NamedTuple):
    factor: int
    start: int
    end: int
    assertion: str
    weight: float


def explain(
    narrative: Narrative, reading: Reading, weights: Floats, logits: Floats
) -> tuple[tuple[Reason, ...], dict[str, float]]:
    """The reasons of one narrative and the rest.

    Args:
        narrative: for the way back to the text as given.
        reading: of the narrative.
        weights: what each word adds to each factor's logit (words × 4).
        logits: before calibration (4).

    Returns:
        At most eight reasons, heaviest first, and per factor what the shown ones leave of the logit: rounded weights
        and rest add up to it.
    """
    segments, starts = _segments(reading), reading.clause_starts
    if not segments:
        return (), {factor: float(logits[i]) for i, factor in enumerate(FACTORS)}
    sums = np.add.reduceat(weights, [start for start, _, _ in segments], axis=0).T
    parts = [part for factor, s in enumerate(sums) for part in _parts(segments, starts, s, factor)]
    shown = _choose(parts)
    reasons = tuple(_reason(part, narrative, reading) for part in shown)
    rest = {
        factor: float(logits[i]) - sum(round(part.weight, 3) for part in shown if part.factor == i)
        for i, factor in enumerate(FACTORS)
    }
    return reasons, rest


def _choose(parts: Sequence[_Part]) -> list[_Part]:
    ranked = sorted(parts, key=lambda p: (-abs(p.weight), p.start, p.factor))
    chosen = ranked[:MOST]
    for factor in range(len(FACTORS)):
        ours = [p for p in chosen if p.factor == factor]
        if not ours:
            continue
        signs = {p.weight > 0 for p in ours}
        other = [p for p in ranked if p.factor == factor and (p.weight > 0) not in signs]
        if len(signs) == 1 and other and sum(p.weight < 0 for p in chosen) < AGAINST:
            chosen = [*chosen[: MOST - 1], other[0]] if len(chosen) == MOST else [*chosen, other[0]]
    return sorted(chosen, key=lambda p: (-abs(p.weight), p.start, p.factor))


def _parts(segments: Sequence[_Segment], clause_starts: set[int], sums: Floats, factor: int) -> Iterator[_Part]:
    """The parts that weigh something for a factor: cues whole, neighbours that pull alike joined."""
    strength = np.abs(sums)
    bar = _NEIGHBOUR * strength.max()
    joined: list[int] = []
    weights = sums.tolist()
    for at in np.flatnonzero((strength >= bar) & (strength > 0)).tolist():
        start, end, assertion = segments[at]
        if joined and (
            at != joined[-1] + 1
            or (weights[at] > 0) != (weights[joined[-1]] > 0)
            or assertion != segments[joined[-1]][2]
            or start in clause_starts
            or end - segments[joined[0]][0] > _LONGEST
        ):
            yield _joined(segments, joined, weights, factor)
            joined = []
        joined.append(at)
    if joined:
        yield _joined(segments, joined, weights, factor)


def _joined(segments: Sequence[_Segment], joined: Sequence[int], weights: Sequence[float], factor: int) -> _Part:
    start, _, assertion = segments[joined[0]]
    return _Part(factor, start, segments[joined[-1]][1], assertion, sum(weights[at] for at in joined))


def _segments(reading: Reading) -> list[_Segment]:
    """Word ranges with their assertion: each cue, overlapping ones merged, and every other word on its own. Words of
    one token (shorthand) are never parted."""
    segments: list[_Segment] = []
    at = 0
    tokens = reading.tokens
    merged: list[list[int]] = []
    marks: list[str] = []
    for cue in sorted(reading.cues, key=lambda c: (c.start, -c.end)):
        if merged and cue.start < merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], cue.end)
        else:
            merged.append([cue.start, cue.end])
            marks.append(cue.assertion)
    spans = [(start, end, mark) for (start, end), mark in zip(merged, marks, strict=True)]
    for start, end, mark in [*spans, (len(tokens), len(tokens), "")]:
        while at < start:
            stop = at + 1
            while stop < start and tokens[stop] == tokens[at]:
                stop += 1
            segments.append((at, stop, reading.assertions[at]))
            at = stop
        if end > at:
            segments.append((at, end, mark))
            at = end
    return segments


def _reason(part: _Part, narrative: Narrative, reading: Reading) -> Reason:
    start, end = narrative.span(reading.spans[part.start][0], reading.spans[part.end - 1][1])
    assertion: Assertion = part.assertion  # type: ignore[assignment]  # the lexicon's tables are the five
    return Reason(FACTORS[part.factor], narrative.given[start:end], start, end, assertion, round(part.weight, 3))


def word_weights(first: np.ndarray, last: np.ndarray, contributions: Floats, words: int) -> Floats:
    """Sum what occurrences add (occurrences × 4) into words (words × 4), half to each end of their place."""
    return np.column_stack(
        [
            0.5 * (np.bincount(first, c, minlength=words) + np.bincount(last, c, minlength=words))
            for c in contributions.T
        ]
    )
