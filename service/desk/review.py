"""A person decides an incident, takes it back, or opens it again.

A decision is made on a version that was seen, after everything that was decided before: so no incident is decided
twice by two people who did not know of each other.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from model.errors import ReviewError
from service.desk import claims, handovers, second_readings
from service.desk.decisions import LONGEST_WHY, PLACE, Choice, Outcomes, check, note, outcome_of, record
from service.desk.destinations import Destinations
from service.desk.register import known, stale, standing_decision
from service.person import Person
from service.record import audit
from service.settings import Settings
from service.store.tables import Decision, Incident


def decide(
    session: Session,
    person: Person,
    reference: str,
    version: int,
    choice: Choice,
    settings: Settings,
    destinations: Destinations,
    now: datetime,
) -> Outcomes:
    """Decide an incident, at the version that was seen.

    Raises:
        ReviewError: ``incident-unknown``, ``choice-invalid``, ``destination-unknown``; ``version-stale`` when the log
            has grown; ``incident-claimed`` when somebody else has it open; ``not-waiting`` when it is decided;
            ``not-opened`` when this person has not read it since it was last decided.
    """
    check(choice, destinations)
    incident = known(session, reference, lock=True)
    if version != incident.version:
        raise stale(incident)
    if (other := claims.holder(incident, person, settings, now)) is not None:
        raise ReviewError("incident-claimed", f"{other} has this incident open. Take the next one, or wait.", version)
    if incident.state not in ("waiting", "handed-over"):
        raise ReviewError("not-waiting", "Nobody is asked about this incident now: it is decided, or was never asked.")
    before = standing_decision(session, incident)
    row = record(session, person, incident, choice, 1, now, after=before)
    handovers.withdraw(session, incident, person, now)
    _move(session, incident, row, choice, settings, destinations, now)
    second_readings.ask(session, incident, row)
    note(session, person, "decided", incident, row, now)
    return outcome_of(incident, row, settings)


def undo(session: Session, person: Person, reference: str, settings: Settings, now: datetime) -> str:
    """Take back one's own last decision, and give the incident's state. Both stay in the record.

    Raises:
        ReviewError: ``incident-unknown``, ``undo-not-yours``, ``undo-too-late``.
    """
    incident = known(session, reference, lock=True)
    row = standing_decision(session, incident)
    if row is None or row.reviewer != person.name or row.reading != 1:
        raise ReviewError("undo-not-yours", "The last decision on this incident is not yours to take back.")
    # Either way: a decision that seems to lie ahead was made before the clock was set back.
    if abs(now - row.at) > timedelta(seconds=settings.undo_seconds):
        raise ReviewError(
            "undo-too-late",
            f"A decision can be taken back for {settings.undo_seconds:g} seconds. Ask a supervisor to open it again.",
        )
    row.undone_at = now
    handovers.withdraw(session, incident, person, now)
    second_readings.drop(session, row)
    if incident.version == row.version:  # a log that has grown since is where it belongs already
        for name in PLACE:
            value = row.before[name]
            timed = name in ("deadline", "escalated_at") and value is not None
            setattr(incident, name, datetime.fromisoformat(value) if timed else value)
    note(session, person, "taken-back", incident, row, now)
    return incident.state


def can_undo(session: Session, person: Person, settings: Settings, now: datetime) -> Outcomes | None:
    """This person's newest decision, while it can be taken back."""
    near = timedelta(seconds=settings.undo_seconds)
    recent = Decision.at.between(now - near, now + near)
    mine = (Decision.reviewer == person.name) & recent & Decision.undone_at.is_(None)
    wanted = select(Decision).where(mine, Decision.reading == 1).order_by(Decision.id.desc()).limit(1)
    row = session.scalars(wanted).one_or_none()
    if row is None:
        return None
    incident = session.get_one(Incident, row.incident_id)
    standing = standing_decision(session, incident)
    return outcome_of(incident, row, settings) if standing is not None and standing.id == row.id else None


def reopen(session: Session, person: Person, reference: str, why: str, settings: Settings, now: datetime) -> str:
    """Put an incident into the queue, whatever it was: a supervisor's way to ask again.

    Raises:
        ReviewError: ``incident-unknown``, ``choice-invalid``.
        AccessError: ``role-missing``.
    """
    person.must("supervise")
    if not why.strip():
        raise ReviewError("choice-invalid", "Say why it is opened again.")
    incident = known(session, reference, lock=True)
    incident.state, incident.mark = "waiting", "reopened"
    incident.deadline = now + timedelta(minutes=settings.review_minutes)
    audit.append(session, person.name, "reopened", reference, now, {"why": why.strip()[:LONGEST_WHY]})
    return incident.state


def _move(
    session: Session,
    incident: Incident,
    row: Decision,
    choice: Choice,
    settings: Settings,
    destinations: Destinations,
    now: datetime,
) -> None:
    incident.claimed_by = incident.claimed_until = None
    if choice.outcome == "information":
        incident.state, incident.mark = "waiting", "information"
        incident.deadline = now + timedelta(minutes=settings.information_minutes)
        return
    incident.escalated_at = incident.mark = None
    if choice.outcome != "signposted":
        incident.state, incident.deadline = "settled", None
        return
    handovers.offer(session, incident, row, destinations.get(choice.destination), now)
