"""What a person sees of an incident: the log's entries, what is new in them, the score unless the look is blind.

To see is recorded. Deciding stands in ``service.desk.review``.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from model import entries
from service.desk import claims, queue
from service.desk.register import known, standing_decision, version_of
from service.desk.second_readings import open_for
from service.person import Person
from service.record import audit
from service.settings import Settings
from service.store.tables import Decision, Handover, Incident, Look, SecondReading, Version


@dataclass(frozen=True, slots=True)
class LogEntry:
    """``text[start:end]`` of the log; ``new`` if it was not there at the last decision, or, where nothing is decided,
    at this person's look at an earlier version (at a first look nothing is new)."""

    start: int
    end: int
    new: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """An earlier decision. ``suggestion`` is ``None`` while this person's look is blind."""

    id: int
    version: int
    reviewer: str
    at: datetime
    reading: int
    outcome: str
    destination: str | None
    why: str
    suggestion: str | None
    blind: bool
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Offered:
    """A hand-over and its answer: ``accepted``, ``refused``, ``withdrawn`` or none yet."""

    id: int
    destination: str
    offered_at: datetime
    deadline: datetime
    answer: str | None
    answered_at: datetime | None
    answered_by: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that a page about an incident needs.

    ``text`` is ``None`` once purged; ``score`` is the contract's object, ``None`` where the look is blind. ``held_by``
    is somebody else who has it open: then it can be read, but not decided. ``reading`` is the number of the second
    reading or disagreement that it was opened for, ``settling`` which of the two.
    """

    reference: str
    version: int
    state: str
    arrived: datetime
    changed: datetime
    deadline: datetime | None
    overdue: bool
    escalated_at: datetime | None
    mark: str | None
    held_by: str | None
    blind: bool
    text: str | None
    entries: tuple[LogEntry, ...]
    score: dict[str, Any] | None
    decisions: tuple[Decided, ...]
    handovers: tuple[Offered, ...]
    reading: int | None = None
    settling: bool = False


def open_incident(session: Session, person: Person, reference: str, settings: Settings, now: datetime) -> Seen:
    """Show an incident, record that it was seen, and keep it for this person for some minutes if it is free.

    Raises:
        ReviewError: ``incident-unknown``.
    """
    incident = known(session, reference, lock=True)
    claims.claim(incident, person, settings, now)
    return _seen(session, person, incident, version_of(session, incident), settings, now)


def open_reading(session: Session, person: Person, number: int, settings: Settings, now: datetime) -> Seen:
    """Show an incident as it was at a decision that this person is to read again. A second reader does not see what
    the first decided; a supervisor who settles a disagreement sees both.

    Raises:
        ReviewError: ``reading-unknown``: there is none of this number for this person.
    """
    row = open_for(session, person, number)
    incident = session.get_one(Incident, row.incident_id)
    version = version_of(session, incident, row.version)
    return _seen(session, person, incident, version, settings, now, row)


def last_look(session: Session, person: Person, incident: Incident) -> Look | None:
    """When this person last opened the incident."""
    mine = select(Look).where(Look.incident_id == incident.id, Look.reviewer == person.name)
    return session.scalars(mine.order_by(Look.id.desc()).limit(1)).one_or_none()


def _seen(
    session: Session,
    person: Person,
    incident: Incident,
    version: Version,
    settings: Settings,
    now: datetime,
    second: SecondReading | None = None,
) -> Seen:
    decisions = list(session.scalars(select(Decision).where(Decision.incident_id == incident.id).order_by(Decision.id)))
    has_decided = any(d.reviewer == person.name and d.undone_at is None for d in decisions)
    settling = second is not None and second.second_id is not None
    first_was_blind = second is not None and session.get_one(Decision, second.first_id).blind
    blind = first_was_blind if second is not None else queue.is_blind(incident, settings, has_decided)
    blind = blind and not settling
    shown = decisions if second is None or settling else [d for d in decisions if d.id < second.first_id]
    handovers = session.scalars(select(Handover).where(Handover.incident_id == incident.id).order_by(Handover.id))
    session.add(Look(incident_id=incident.id, version=version.number, reviewer=person.name, at=now, blind=blind))
    facts = {"version": version.number, "text_sha256": version.text_sha256, "blind": blind}
    audit.append(session, person.name, "read", incident.reference, now, facts)
    return Seen(
        reference=incident.reference,
        version=version.number,
        state=incident.state,
        arrived=incident.created_at,
        changed=version.at,
        deadline=incident.deadline,
        overdue=incident.deadline is not None and incident.deadline <= now and incident.state != "settled",
        escalated_at=incident.escalated_at,
        mark=incident.mark,
        held_by=claims.holder(incident, person, settings, now),
        blind=blind,
        text=version.text,
        entries=_entries(session, person, incident, version),
        score=None if blind else version.score,
        decisions=tuple(_decided(d, blind) for d in shown),
        handovers=() if second is not None and not settling else tuple(_offered(h) for h in handovers),
        reading=second.id if second is not None else None,
        settling=settling,
    )


def _entries(session: Session, person: Person, incident: Incident, version: Version) -> tuple[LogEntry, ...]:
    text = version.text
    if text is None:
        return ()
    seen = standing_decision(session, incident) or _look_before(session, person, incident, version)
    earlier = seen and seen.version < version.number and version_of(session, incident, seen.version).text
    spans = log_entries(text)
    if not earlier:
        return tuple(LogEntry(start, end, new=False) for start, end in spans)
    there = Counter(earlier[start:end].strip() for start, end in log_entries(earlier))
    found = []
    for start, end in spans:
        words = text[start:end].strip()
        found.append(LogEntry(start, end, new=there[words] == 0))
        there[words] -= there[words] > 0
    return tuple(found)


def _look_before(session: Session, person: Person, incident: Incident, version: Version) -> Look | None:
    mine = (Look.incident_id == incident.id) & (Look.reviewer == person.name) & (Look.version < version.number)
    return session.scalars(select(Look).where(mine).order_by(Look.id.desc()).limit(1)).one_or_none()


def log_entries(text: str) -> list[tuple[int, int]]:
    """Where the entries of a log stand: from one time stamp to the next, or line by line where there are none."""
    starts = [stamp.start for stamp in entries.stamps(text)]
    if not starts:
        starts = [i + 1 for i, character in enumerate(text) if character == "\n"]
    return [(a, b) for a, b in pairwise(sorted({0, *starts, len(text)})) if text[a:b].strip()]


def _decided(row: Decision, blind: bool) -> Decided:
    return Decided(
        id=row.id,
        version=row.version,
        reviewer=row.reviewer,
        at=row.at,
        reading=row.reading,
        outcome=row.outcome,
        destination=row.destination,
        why=row.why,
        suggestion=None if blind else row.suggestion,
        blind=row.blind,
        undone_at=row.undone_at,
    )


def _offered(row: Handover) -> Offered:
    return Offered(
        row.id, row.destination, row.offered_at, row.deadline, row.answer, row.answered_at, row.answered_by, row.why
    )
