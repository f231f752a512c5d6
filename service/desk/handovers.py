"""Hand-overs: a signposting is offered to a service, and holds only when somebody there accepts it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from model.errors import ReviewError
from service.desk.decisions import LONGEST_WHY
from service.desk.destinations import Destination
from service.desk.register import known
from service.person import Person
from service.record import audit
from service.settings import Settings
from service.store.tables import Decision, Handover, Incident


@dataclass(frozen=True, slots=True)
class Waiting:
    """A hand-over that nobody at the service has confirmed, and that is not late yet."""

    reference: str
    destination: str
    offered_at: datetime
    deadline: datetime


def waiting(session: Session, now: datetime, most: int = 50) -> tuple[Waiting, ...]:
    """The hand-overs to ask after, the first to come back first; those that are late are in the queue."""
    wanted = (
        select(Incident.reference, Handover.destination, Handover.offered_at, Handover.deadline)
        .join(Handover, Handover.incident_id == Incident.id)
        .where(Incident.state == "handed-over", Incident.deadline > now, Handover.answer.is_(None))
        .order_by(Incident.deadline)
        .limit(most)
    )
    return tuple(Waiting(*row) for row in session.execute(wanted))


def offer(session: Session, incident: Incident, decision: Decision, destination: Destination, now: datetime) -> None:
    """Note that the incident was offered. Unless somebody confirms it in time, it is in the queue again by itself."""
    incident.state, incident.deadline = "handed-over", now + destination.confirm
    session.add(
        Handover(
            incident_id=incident.id,
            decision_id=decision.id,
            destination=destination.id,
            offered_at=now,
            deadline=incident.deadline,
            why="",
        )
    )


def answer(
    session: Session,
    person: Person,
    reference: str,
    accepted: bool,
    by: str,
    why: str,
    settings: Settings,
    now: datetime,
) -> str:
    """Record what the service said, and give the incident's state. A refusal brings the incident back.

    Args:
        by: who at the service said so; an acceptance without a name is none.

    Raises:
        ReviewError: ``incident-unknown``, ``handover-unknown``, ``choice-invalid``.
    """
    incident = known(session, reference, lock=True)
    row = _open_handover(session, incident)
    if row is None:
        raise ReviewError("handover-unknown", "No hand-over of this incident is waiting for an answer.")
    if accepted and not by.strip():
        raise ReviewError("choice-invalid", "Say who at the service accepted.")
    row.answer, row.answered_at = ("accepted" if accepted else "refused"), now
    row.answered_by, row.recorded_by, row.why = by.strip()[:200], person.name, why.strip()[:LONGEST_WHY]
    if accepted and incident.state == "handed-over":
        incident.state, incident.mark, incident.deadline = "settled", None, None
    elif not accepted:
        incident.state, incident.mark = "waiting", "refused"
        incident.deadline = now + timedelta(minutes=settings.review_minutes)
    facts = {"destination": row.destination, "by": row.answered_by, "why": row.why, "state": incident.state}
    audit.append(session, person.name, f"handover-{row.answer}", reference, now, facts)
    return incident.state


def withdraw(session: Session, incident: Incident, person: Person, now: datetime) -> None:
    """A new decision ends an offer that nobody has answered."""
    row = _open_handover(session, incident)
    if row is not None:
        row.answer, row.answered_at, row.recorded_by = "withdrawn", now, person.name


def _open_handover(session: Session, incident: Incident) -> Handover | None:
    wanted = select(Handover).where(Handover.incident_id == incident.id, Handover.answer.is_(None))
    return session.scalars(wanted.order_by(Handover.id.desc()).limit(1)).one_or_none()
