"""The narrative cut at the borders of its reasons, so that overlapping reasons need no nested marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from model.score import Reason


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text with the same reasons throughout; ``ending`` are the numbers of those that end with it."""

    text: str
    start: int = 0
    numbers: tuple[int, ...] = ()
    ending: tuple[int, ...] = ()


def segments(text: str, reasons: Sequence[Reason], borders: Sequence[int] = ()) -> list[Segment]:
    """Cut ``text`` into segments, and at ``borders`` too. Reasons are numbered from 1; joined, the segments are the
    text again.

    Reasons count characters of the text as given, and so does Python.
    """
    places = {0, len(text), *borders}
    for reason in reasons:
        places |= {reason.start, reason.end}
    cuts = sorted(place for place in places if 0 <= place <= len(text))
    return [_segment(text, start, end, reasons) for start, end in pairwise(cuts)]


def _segment(text: str, start: int, end: int, reasons: Sequence[Reason]) -> Segment:
    covering = [number for number, r in enumerate(reasons, 1) if r.start <= start and end <= r.end]
    return Segment(
        text=text[start:end],
        start=start,
        numbers=tuple(covering),
        ending=tuple(number for number in covering if reasons[number - 1].end == end),
    )
