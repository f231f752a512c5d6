"""The profiles of the days: a folder a day, in it a file for each process that scored, so that none waits for another.

Each file is put in place whole. A process that dies loses what it has not written yet, at most a minute of counts;
nothing of any one call is ever in them.
"""

import json
import logging
import secrets
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from model.profile import Profile
from model.score import Observation, Score

_LOG: Final = logging.getLogger("signpost.service")
_HELD: Final = 10_000  # observations that wait to be counted, at most


def today() -> date:
    """The day in UTC."""
    return datetime.now(UTC).date()


class Recorder:
    """Counts what a process scores, by day and model, and writes it when it is told to."""

    def __init__(self, folder: Path, today: Callable[[], date] = today) -> None:
        self._folder = folder
        self._today = today
        self._names: dict[date, str] = defaultdict(lambda: f"{secrets.token_hex(8)}.json")
        self._waiting: deque[tuple[str, Observation]] = deque()
        self._profiles: dict[date, dict[str, Profile]] = defaultdict(dict)
        self._unwritten: set[date] = set()
        self._counting = threading.Lock()

    def note(self, score: Score) -> None:
        """Take in one score, which costs an append: the counting is done together."""
        if score.observation is None:
            return
        self._waiting.append((score.model, score.observation))
        if len(self._waiting) >= _HELD:
            with self._counting:
                self._count()

    def write(self) -> None:
        """Count what waits and write what is new. When the folder cannot be written, the log says so, and the counts
        stay for the next time."""
        with self._counting:
            self._count()
            for day in sorted(self._unwritten):
                content = json.dumps({model: profile.as_dict() for model, profile in self._profiles[day].items()})
                try:
                    _put(self._folder / day.isoformat() / self._names[day], content)
                except OSError as error:
                    _LOG.error("no profile written to %s: %s", self._folder, error.strerror)
                    return
                self._unwritten.discard(day)
                if day < self._today():
                    # Should the clock be set back into this day, what comes then goes into a file of its own.
                    del self._profiles[day], self._names[day]

    def _count(self) -> None:
        by_model: dict[str, list[Observation]] = defaultdict(list)
        while self._waiting:
            model, seen = self._waiting.popleft()
            by_model[model].append(seen)
        day = self._today()
        for model, observations in by_model.items():
            profiles = self._profiles[day]
            profiles[model] = profiles.get(model, Profile()).merged(Profile.of(observations))
            self._unwritten.add(day)


@dataclass(frozen=True, slots=True)
class Window:
    """What the days from ``begin`` to ``end`` (both included) have together: the profile of one model's scores, the
    days that have any, the narratives that other models scored, and the files that could not be read."""

    begin: date | None
    end: date | None
    profile: Profile
    days: int
    by_other_models: int
    unreadable: int


def window(folder: Path, model: str, begin: date | None = None, end: date | None = None) -> Window:
    """Read the profiles of a stretch of days, all that there are where it is open."""
    profile, days, others, unreadable = Profile(), 0, 0, 0
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        day = _day(path.name)
        if day is None or (begin and day < begin) or (end and day > end):
            continue
        before = profile.narratives
        for file in sorted(path.glob("*.json")):
            try:
                found = {name: Profile.from_dict(value) for name, value in json.loads(file.read_bytes()).items()}
            except (OSError, ValueError, AttributeError):
                unreadable += 1
                continue
            profile = profile.merged(found.pop(model, Profile()))
            others += sum(other.narratives for other in found.values())
        days += profile.narratives > before
    return Window(begin, end, profile, days, others, unreadable)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def _put(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_text(content)
    draft.replace(path)
