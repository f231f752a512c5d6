"""The timed entries of a log: where each begins, and which is the newest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

DAY: Final = 24 * 60

# A stamp stands where an entry can begin: at the start, on a new line, or after the end of a clause. "Since the 0710"
# and "GP booked 1500" are times, not entries.
_STAMP = re.compile(
    r"(?:^|(?<=\n)|(?<=[.;!?] )|(?<= [-/|] )|(?<=[.;!?]  )|(?<=\n[\[(])|(?<=^[\[(]))"
    r"[\[(]?(?:\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?,? +)?"
    r"(?:(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)|(?P<hour_>[01]?\d|2[0-3])[:.](?P<minute_>[0-5]\d)(?::[0-5]\d)?)"
    r"(?: ?(?:hrs|hours|h|z))?[\])]?(?=[ \t\n:,;/-]|$)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time that opens an entry: ``text[start:end]``, ``minute`` of the day."""

    start: int
    end: int
    minute: int


def stamps(text: str) -> list[Stamp]:
    """The stamps of a log in the order of the text; none when fewer than two stand there or their times make no
    sense as a sequence. Midnight may pass, and the clocks may go back or forward an hour in the night."""
    found = [
        Stamp(m.start(), m.end(), int(m["hour"] or m["hour_"]) * 60 + int(m["minute"] or m["minute_"]))
        for m in _STAMP.finditer(text)
    ]
    if len(found) < 2:
        return []
    steps = _forward_steps(found)
    return found if max(sum(steps), len(steps) - sum(steps)) >= 0.7 * len(steps) else []


def newest_first(found: Sequence[Stamp]) -> bool:
    """Whether the log is written from the newest entry down, as some systems print it. Two are too few to say."""
    return len(found) >= 3 and not any(_forward_steps(found))


def _forward_steps(found: Sequence[Stamp]) -> list[bool]:
    return [_is_forward(a.minute, b.minute) for a, b in pairwise(found)]


def _is_forward(earlier: int, later: int) -> bool:
    step = (later - earlier) % DAY
    clocks_went_back = step >= DAY - 60 and 60 <= earlier <= 180
    return step <= DAY // 2 or clocks_went_back
