"""The services that a call can be signposted to: names, areas and hours from a file that each force writes."""

import re
import tomllib
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from model.errors import DataError, ReviewError

DEFAULT: Final = Path(__file__).parent / "destinations.toml"
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Opening:
    """From ``begins`` on each of ``days`` (Monday is 0) for so many ``minutes``."""

    days: frozenset[int]
    begins: time
    minutes: int


@dataclass(frozen=True, slots=True)
class Destination:
    """One service. ``hours`` are the words to show; no ``openings`` means always open."""

    id: str
    name: str
    area: str
    hours: str
    openings: tuple[Opening, ...]
    confirm: timedelta
    mental_health: bool

    def is_open(self, now: datetime, zone: ZoneInfo) -> bool:
        """Whether it is open at ``now``, by the clocks of ``zone``."""
        return not self.openings or any(_within(opening, now.astimezone(zone)) for opening in self.openings)


@dataclass(frozen=True, slots=True)
class Destinations:
    """The force's list, in its order."""

    all: tuple[Destination, ...]

    def names(self) -> dict[str, str]:
        """What each id is called."""
        return {destination.id: destination.name for destination in self.all}

    def get(self, id: str | None) -> Destination:
        """The service with this id.

        Raises:
            ReviewError: ``destination-unknown``.
        """
        for destination in self.all:
            if destination.id == id:
                return destination
        known = ", ".join(destination.id for destination in self.all)
        raise ReviewError("destination-unknown", f"Say which service: one of {known}.")


def read_destinations(path: Path = DEFAULT) -> Destinations:
    """Read a force's list.

    Raises:
        DataError: ``file-missing`` or ``destinations-invalid``, naming the service and what is wrong with it.
    """
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("destination", [])
    except OSError:
        raise DataError("file-missing", f"The list of services {path} cannot be read.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError("destinations-invalid", f"{path.name}: {error}") from None
    found = tuple(_destination(row, number, path.name) for number, row in enumerate(rows, 1))
    if not found or len({d.id for d in found}) < len(found):
        raise DataError("destinations-invalid", f"{path.name}: it needs at least one service, and no id twice.")
    return Destinations(found)


def _destination(row: dict[str, Any], number: int, file: str) -> Destination:
    try:
        words, openings = _hours(row["hours"])
        return Destination(
            id=str(row["id"]),
            name=str(row["name"]),
            area=str(row["area"]),
            hours=words,
            openings=openings,
            confirm=timedelta(minutes=float(row["confirm_minutes"])),
            mental_health=bool(row["mental_health"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise DataError("destinations-invalid", f"{file}: service {number} ({row.get('id', '?')}): {what}") from None


def _hours(given: Any) -> tuple[str, tuple[Opening, ...]]:
    if given == "always":
        return "at all hours", ()
    openings = tuple(Opening(_days(days), *_span(span)) for days, span in dict(given).items())
    if not openings:
        raise ValueError('hours must be "always" or name days and times')
    return ", ".join(f"{days} {span}" for days, span in given.items()), openings


def _days(words: str) -> frozenset[int]:
    first, _, last = words.partition("-")
    try:
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
    except ValueError:
        raise ValueError(f"{words!r} names no days; write mon-fri or sat") from None
    return frozenset((begin + step) % 7 for step in range((end - begin) % 7 + 1))


def _span(words: str) -> tuple[time, int]:
    found = _SPAN.fullmatch(str(words))
    if not found:
        raise ValueError(f"{words!r} is no span of time; write 09:00-17:00")
    hour, minute, end_hour, end_minute = map(int, found.groups())
    begins = time(hour, minute)
    minutes = (end_hour * 60 + end_minute) - (hour * 60 + minute)
    return begins, minutes if minutes > 0 else minutes + 24 * 60


def _within(opening: Opening, local: datetime) -> bool:
    """By the clock, so that a night with a change of clocks is no exception. Spans of last night count too."""
    minute = local.hour * 60 + local.minute - (opening.begins.hour * 60 + opening.begins.minute)
    today, yesterday = local.weekday(), (local.weekday() - 1) % 7
    return (today in opening.days and 0 <= minute < opening.minutes) or (
        yesterday in opening.days and 0 <= minute + 24 * 60 < opening.minutes
    )
