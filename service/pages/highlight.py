"""The narrative cut at the borders of its reasons, so that overlapping reasons need no nested marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from model.score import Reason


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text with the same reasons throughout; ``ending`` are the numbers of those that end with it."""

    text: str
    numbers: tuple[int, ...] = ()
    ending: tuple[int, ...] = ()


def segments(text: str, reasons: Sequence[Reason]) -> list[Segment]:
    """Cut ``text`` into segments. Reasons are numbered from 1; joined, the segments are the text again.

    Reasons count characters of the text as given, and so does Python.
    """
    borders = {0, len(text)}
    for reason in reasons:
        borders |= {reason.start, reason.end}
    cuts = sorted(border for border in borders if 0 <= border <= len(text))
    return [_segment(text, start, end, reasons) for start, end in pairwise(cuts)]


def _segment(text: str, start: int, end: int, reasons: Sequence[Reason]) -> Segment:
    covering = [number for number, r in enumerate(reasons, 1) if r.start <= start and end <= r.end]
    return Segment(
        text=text[start:end],
        numbers=tuple(covering),
        ending=tuple(number for number in covering if reasons[number - 1].end == end),
    )
