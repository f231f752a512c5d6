"""Times for people: kept in UTC, shown by the control room's clocks."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Clock:
    """The moment at which a page is made, and the zone whose clocks its readers look at."""

    now: datetime
    zone: ZoneInfo

    def said(self, at: datetime) -> str:
        """``03:12`` today, ``21 Nov 03:12`` on another day, with the year in another year."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        if local.date() == today.date():
            return f"{local:%H:%M}"
        return f"{local.day} {local:%b %H:%M}" if local.year == today.year else f"{local.day} {local:%b %Y %H:%M}"

    def exactly(self, at: datetime) -> str:
        """With seconds and zone, for the record."""
        local = at.astimezone(self.zone)
        return f"{local.day} {local:%b %Y %H:%M:%S %Z}"

    def left(self, until: datetime) -> str:
        """``in 12 min``, ``4 min overdue``; a minute that has begun counts as over, so that nobody trusts in it."""
        minutes = int((until - self.now).total_seconds() // 60)
        return f"in {_long(minutes)}" if minutes >= 0 else f"{_long(-minutes - 1)} overdue"

    def ago(self, at: datetime) -> str:
        """``4 min ago``."""
        return f"{_long(max(int((self.now - at).total_seconds() // 60), 0))} ago"


def _long(minutes: int) -> str:
    if minutes < 1:
        return "under 1 min"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
