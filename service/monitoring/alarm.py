"""The alarm: when reviewed calls speak against the guarantee, flagging is switched off until a person resumes it.

The guarantee is a rate among the narratives that need the police: at most 2% of them are flagged. Each such narrative
whose labels come in is one outcome of a test that stays valid however often one looks (``betting``). Only calls that
were chosen for review without looking at the answer may come in: among the flags alone the rate would be 100%.

Everything is a line of one record beside the models, so that it outlives processes and holds for all of them.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import exp, log
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from model.pause import PauseSwitch
from service.monitoring.betting import FRESH, evidence

RECORD: Final = "alarm.jsonl"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A reviewed call: its key (only a hash of it is kept), whether it had been flagged, whether the reviewers say that
    it needs the police, and the version of the model that answered (``None``: the one that serves)."""

    key: str
    flagged: bool
    needs_police: bool
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the guarantee stands since the test of this model last began: calls that need the police, those of them that
    were flagged, the e-value against the guarantee, the e-value that alarms, whether the alarm went off."""

    model: str
    number: int
    unsafe: int
    evidence: float
    alarms_at: float
    alarmed: bool

    @property
    def words(self) -> str:
        """The same for a person."""
        share = f" ({self.unsafe / self.number:.1%})" if self.number else ""
        heard = f"{self.unsafe:,} of {self.number:,} reviewed calls that need the police had been flagged{share}"
        weight = f"evidence against the guarantee {self.evidence:,.2g}, the alarm is at {self.alarms_at:,.0f}"
        end = "ALARM: flagging is switched off" if self.alarmed else "no alarm"
        return f"{heard}; {weight}: {end}."


@dataclass(slots=True)
class _Tally:
    number: int = 0
    unsafe: int = 0
    alarmed: bool = False
    begins: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0)])
    keys: set[str] = field(default_factory=set)

    def evidence(self, bar: float) -> float:
        return evidence(self.begins, self.unsafe, self.number, bar)


class Alarm:
    """Watches one registry of models.

    Args:
        folder: the registry, whose pause switch it engages.
        serving: the version of the model that serves. Outcomes of other models do not speak of its guarantee.
        bar: the rate that the guarantee names.
        level: the chance that the alarm ever goes off while the guarantee holds.
        on_alarm: told when it goes off, to be counted.
    """

    def __init__(
        self,
        folder: Path,
        serving: Callable[[], str],
        bar: float = 0.02,
        level: float = 0.05,
        on_alarm: Callable[[], None] | None = None,
    ) -> None:
        self._record = folder / RECORD
        self._switch = PauseSwitch(folder)
        self._serving = serving
        self._bar = bar
        self._level = level
        self._on_alarm = on_alarm
        self._tallies: dict[str, _Tally] = {}
        self._read_to = 0
        self._torn = False

    def standing(self) -> Standing:
        """How things stand, with what other processes brought."""
        with self._locked():
            return self._standing(self._serving())

    def watch(self, outcome: Outcome) -> Standing:
        """Take in one outcome: see ``watch_all``."""
        return self.watch_all([outcome])

    def watch_all(self, outcomes: Iterable[Outcome]) -> Standing:
        """Take in outcomes, in the order in which they were reviewed. The same key counts once.

        When the alarm goes off, the pause switch is engaged with the reason. It stays so until a person resumes, and
        then the test begins anew.
        """
        model = self._serving()
        with self._locked():
            for outcome in outcomes:
                self._take_in(outcome, model)
            return self._standing(model)

    def _take_in(self, outcome: Outcome, model: str) -> None:
        tally = self._tallies.setdefault(model, _Tally())
        key = hashlib.sha256(outcome.key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        if not outcome.needs_police or outcome.model not in (None, model) or key in tally.keys:
            return
        if tally.alarmed and not self._switch.engaged:
            self._write({"what": "begin", "model": model})
        self._write({"what": "outcome", "model": model, "key": key, "flagged": outcome.flagged})
        if outcome.flagged:  # any other outcome speaks for the guarantee
            self._standing(model)

    def _standing(self, model: str) -> Standing:
        tally = self._tallies.setdefault(model, _Tally())
        found = tally.evidence(self._bar)
        if not tally.alarmed and found >= log(1 / self._level):
            # The switch first: should the process die in between, flagging is off, and the alarm is recorded later.
            self._switch.pause(
                f"alarm: {tally.unsafe} of {tally.number} reviewed calls that need the police had been flagged, which "
                f"speaks against the guarantee of at most {self._bar:.0%} (evidence {_finite(found):,.0f})"
            )
            self._write({"what": "alarm", "model": model, "number": tally.number, "unsafe": tally.unsafe})
            if self._on_alarm:
                self._on_alarm()
        return Standing(model, tally.number, tally.unsafe, _finite(found), 1 / self._level, tally.alarmed)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone with the record, and with all of it read."""
        self._record.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._record.with_suffix(".lock")):
            self._catch_up()
            yield

    def _catch_up(self) -> None:
        try:
            with self._record.open("rb") as file:
                file.seek(self._read_to)
                for line in file:
                    self._read_to += len(line)
                    self._torn = not line.endswith(b"\n")
                    self._take(line)
        except FileNotFoundError:
            return

    def _write(self, entry: dict[str, Any]) -> None:
        line = json.dumps({"at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), **entry}).encode() + b"\n"
        line = b"\n" * self._torn + line
        with self._record.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._torn = False
        self._read_to += len(line)
        self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
            tally = self._tallies.setdefault(entry["model"], _Tally())
        except (ValueError, KeyError, TypeError):  # cut off when the machine stopped; the outcome was never answered
            return
        match entry.get("what"):
            case "outcome":
                tally.number += 1
                tally.unsafe += bool(entry.get("flagged"))
                tally.keys.add(str(entry.get("key")))
                if tally.number % FRESH == 0:
                    tally.begins.append((tally.unsafe, tally.number))
            case "alarm":
                tally.alarmed = True
            case "begin":
                self._tallies[entry["model"]] = _Tally(keys=tally.keys)


def _finite(log_evidence: float) -> float:
    return exp(min(log_evidence, 700.0))
