"""Who is next. The order: escalated, oldest first; then overdue, longest first; then by risk and uncertainty.

The last order's key is ``service.desk.danger.priority``. Each of the three is read from an index of its own and cut at
the length of a page, so that a page costs the same however many incidents the store holds. Nothing runs in the
background: what comes back (a hand-over that nobody confirmed) is found by its deadline, by whoever looks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from service.desk import claims, second_readings
from service.desk.second_readings import Reading
from service.person import Person
from service.settings import Settings
from service.store.tables import Decision, Incident, Version

PAGE: Final = 50
FURTHEST: Final = 100_000
"""Nobody pages further: what is there is read up to there."""
MOST_COUNTED: Final = 1000
"""A queue is counted no further: "1,000 or more" says enough, and counting must not grow with it."""

Mark = Literal["escalated", "changed", "refused", "unconfirmed", "information", "reopened", "disagreement"]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the queue. ``decision`` and ``confidence`` are ``None`` where this person's look is blind.

    ``mark`` says why an incident is there again; ``held_by`` who else has it open.
    """

    reference: str
    version: int
    arrived: datetime
    changed: datetime
    deadline: datetime | None
    overdue: bool
    escalated_at: datetime | None
    mark: Mark | None
    held_by: str | None
    blind: bool
    decision: str | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How long the queue is; each count stops at ``MOST_COUNTED``."""

    waiting: int
    escalated: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Page:
    """What one person sees of the queue at one time."""

    items: tuple[Item, ...]
    readings: tuple[Reading, ...]
    counts: Counts
    start: int
    more: bool


def page(session: Session, person: Person, settings: Settings, now: datetime, start: int = 0) -> Page:
    """The part of the queue from ``start`` on, of up to 50 lines, and the second readings open to this person."""
    rows = _incidents(session, now, start, PAGE + 1)
    return Page(
        items=_items(session, person, settings, now, rows[:PAGE]),
        readings=second_readings.open_to(session, person),
        counts=counts(session, now),
        start=start,
        more=len(rows) > PAGE,
    )


def take_next(session: Session, person: Person, settings: Settings, now: datetime) -> str | None:
    """Claim the first incident that nobody else has open, and give its reference; ``None`` when there is none.

    Those that another transaction is just taking are skipped, not waited for.
    """
    held = (Incident.claimed_until > now) & (Incident.claimed_until <= claims.longest(settings, now))
    free = Incident.claimed_until.is_(None) | ~held | (Incident.claimed_by == person.name)
    for order in _orders(now):
        wanted = order.where(free).limit(1).with_for_update(skip_locked=True)
        incident = session.scalars(wanted).one_or_none()
        if incident is not None:
            claims.claim(incident, person, settings, now)
            return incident.reference
    return None


def counts(session: Session, now: datetime) -> Counts:
    """The queue's length, for people and for the metrics."""
    waiting, unconfirmed = Incident.state == "waiting", _unconfirmed(now)
    late = _count(session, waiting & (Incident.deadline <= now)) + _count(session, unconfirmed)
    return Counts(
        waiting=min(_count(session, waiting) + _count(session, unconfirmed), MOST_COUNTED),
        escalated=_count(session, waiting & Incident.escalated_at.is_not(None)),
        overdue=min(late, MOST_COUNTED),
    )


def is_blind(incident: Incident, settings: Settings, has_decided: bool) -> bool:
    """Whether somebody who has or has not decided this incident sees the narrative only.

    An escalated incident is never blind: a danger that the model saw must not be kept from anybody.
    """
    return (incident.blind or settings.blind_all) and not has_decided and incident.escalated_at is None


def _orders(now: datetime) -> Iterator[Select[Incident]]:
    waiting, calm = Incident.state == "waiting", Incident.escalated_at.is_(None)
    late = (Incident.deadline <= now) & calm
    yield (
        select(Incident).where(waiting, Incident.escalated_at.is_not(None)).order_by(Incident.escalated_at, Incident.id)
    )
    yield select(Incident).where(Incident.state.in_(("waiting", "handed-over")), late).order_by(Incident.deadline)
    in_time = and_(waiting, calm, (Incident.deadline > now) | Incident.deadline.is_(None))
    yield select(Incident).where(in_time).order_by(Incident.priority.desc(), Incident.id)


def _incidents(session: Session, now: datetime, start: int, most: int) -> list[Incident]:
    found: list[Incident] = []
    for order in _orders(now):
        if len(found) < start + most:
            found += session.scalars(order.limit(start + most - len(found)))
    return found[start:]


def _items(
    session: Session, person: Person, settings: Settings, now: datetime, rows: Sequence[Incident]
) -> tuple[Item, ...]:
    ids = [incident.id for incident in rows]
    newest = (
        select(Incident.id, Version.score)
        .join(Version, and_(Version.incident_id == Incident.id, Version.number == Incident.version))
        .where(Incident.id.in_(ids))
    )
    scores: dict[int, dict[str, Any]] = {row.id: row.score for row in session.execute(newest)}
    mine = select(Decision.incident_id).where(
        Decision.incident_id.in_(ids), Decision.reviewer == person.name, Decision.undone_at.is_(None)
    )
    decided = set(session.scalars(mine))
    blind = {incident.id: is_blind(incident, settings, incident.id in decided) for incident in rows}
    return tuple(_item(row, scores[row.id], blind[row.id], person, settings, now) for row in rows)


def _item(
    incident: Incident, score: dict[str, Any], blind: bool, person: Person, settings: Settings, now: datetime
) -> Item:
    mark: Any = "unconfirmed" if incident.state == "handed-over" else incident.mark
    return Item(
        reference=incident.reference,
        version=incident.version,
        arrived=incident.created_at,
        changed=incident.updated_at,
        deadline=incident.deadline,
        overdue=incident.deadline is not None and incident.deadline <= now,
        escalated_at=incident.escalated_at,
        mark=mark,
        held_by=claims.holder(incident, person, settings, now),
        blind=blind,
        decision=None if blind else incident.decision,
        confidence=None if blind else score["confidence"],
    )


def _unconfirmed(now: datetime) -> ColumnElement[bool]:
    return (Incident.state == "handed-over") & (Incident.deadline <= now)


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    some = select(Incident.id).where(condition).limit(MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0
