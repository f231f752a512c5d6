"""What has come into the queue, or left it, since somebody last looked: from the record, so that it costs what happened
meanwhile, however long the queue is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from service.desk.register import can_be_kept
from service.record import audit
from service.store.tables import Entry, Incident

_MOST: Final = 1000
_MOVES: Final = (
    "scored", "escalated", "decided", "taken-back", "read-again", "settled", "reopened",
    "handover-accepted", "handover-refused",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moved:
    """Where an incident stands that was touched. ``waiting``: a person is asked about it now."""

    reference: str
    version: int
    escalated: bool
    waiting: bool


@dataclass(frozen=True, slots=True)
class News:
    """``seen`` (the end of the record) and ``at`` are what to ask with the next time; ``moved`` what happened since."""

    seen: int
    at: datetime
    moved: tuple[Moved, ...]


def since(session: Session, seen: int, at: datetime, now: datetime, reference: str | None = None) -> News:
    """What moved after entry ``seen`` of the record, and hand-overs that nobody confirmed by a deadline after ``at``;
    always the incident with this ``reference``, which somebody has open. A ``pass`` that nobody is asked about is no
    news."""
    end = audit.head(session).entries  # first: what is written meanwhile is told twice rather than never
    touched = select(Entry.reference).where(Entry.seq > min(max(seen, 0), end), Entry.action.in_(_MOVES))
    late = (Incident.state == "handed-over") & (Incident.deadline > at) & (Incident.deadline <= now)
    found = _moved(session, Incident.reference.in_(touched) & (Incident.state != "unlisted"), now)
    found |= _moved(session, late, now)
    if reference is not None and can_be_kept(reference):
        found |= _moved(session, Incident.reference == reference, now)
    return News(end, now, tuple(found.values()))


def _moved(session: Session, condition: ColumnElement[bool], now: datetime) -> dict[str, Moved]:
    rows = session.scalars(select(Incident).where(condition).order_by(Incident.id).limit(_MOST))
    return {row.reference: _as_moved(row, now) for row in rows}


def _as_moved(row: Incident, now: datetime) -> Moved:
    late = row.state == "handed-over" and row.deadline is not None and row.deadline <= now
    return Moved(row.reference, row.version, row.escalated_at is not None, row.state == "waiting" or late)
