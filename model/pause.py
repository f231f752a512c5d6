"""The switch-off: while it is engaged every answer is ``review``, in every process that serves the same models."""

import getpass
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

PAUSED: Final = "paused.json"
RECORD: Final = "pauses.jsonl"


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when (UTC, ISO 8601), by whom and why flagging is switched off."""

    since: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class PauseSwitch:
    """A file beside the models, so that it outlives processes and holds for all of them."""

    folder: Path

    @property
    def engaged(self) -> bool:
        """Whether every answer must be ``review``."""
        return (self.folder / PAUSED).exists()

    def state(self) -> Pause | None:
        """Who paused, when and why; ``None`` when not paused. A switch file that cannot be read still pauses."""
        if not self.engaged:
            return None
        try:
            return Pause(**json.loads((self.folder / PAUSED).read_text()))
        except (OSError, ValueError, TypeError):
            return Pause(since="unknown", by="unknown", why="the switch file cannot be read")

    def pause(self, why: str) -> Pause:
        """Engage, and record it. Pausing again changes only the reason."""
        pause = Pause(_now(), _user(), why)
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".{PAUSED}"
        draft.write_text(json.dumps(asdict(pause)))
        draft.replace(self.folder / PAUSED)
        self._record("pause", why)
        return pause

    def resume(self, why: str) -> bool:
        """Release, and record it; whether it was engaged."""
        engaged = self.engaged
        (self.folder / PAUSED).unlink(missing_ok=True)
        if engaged:
            self._record("resume", why)
        return engaged

    def _record(self, what: str, why: str) -> None:
        with (self.folder / RECORD).open("a") as file:
            file.write(json.dumps({"at": _now(), "by": _user(), "what": what, "why": why}) + "\n")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this user id, as in some containers
        return "unknown"
