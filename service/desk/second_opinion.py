"""What a second reader or a settling supervisor decides, and what follows."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.desk.decisions import Choice, Outcomes, check, note, outcome_of, record
from service.desk.destinations import Destinations
from service.desk.register import known, standing_decision
from service.desk.second_readings import open_for
from service.person import Person
from service.settings import Settings
from service.store.tables import Decision, Incident


def read_again(
    session: Session,
    person: Person,
    number: int,
    choice: Choice,
    settings: Settings,
    destinations: Destinations,
    now: datetime,
) -> Outcomes:
    """Decide a second reading, or settle a disagreement.

    A second opinion changes nothing by itself, with one exception: where it says that the police attend and the first
    did not, the incident is back at the top of the queue at once.

    Raises:
        ReviewError: ``reading-unknown``, ``choice-invalid``, ``destination-unknown``, ``not-opened``.
    """
    check(choice, destinations)
    reading = open_for(session, person, number)
    incident = known(session, session.get_one(Incident, reading.incident_id).reference, lock=True)
    first = session.get_one(Decision, reading.first_id)
    settling = reading.second_id is not None
    before = standing_decision(session, incident)
    row = record(session, person, incident, choice, 3 if settling else 2, now, after=None, of=reading.version)
    if settling:
        reading.settled_id = row.id
    else:
        reading.second_id, reading.agreed = row.id, first.outcome == row.outcome
    if before is not None and choice.outcome != before.outcome:
        if choice.outcome == "police":
            incident.state, incident.mark, incident.escalated_at = "waiting", "disagreement", now
            incident.deadline = now + timedelta(minutes=settings.escalated_minutes)
        elif settling and incident.state != "waiting":
            incident.state, incident.mark = "waiting", "disagreement"
            incident.deadline = now + timedelta(minutes=settings.review_minutes)
    note(session, person, "settled" if settling else "read-again", incident, row, now)
    return outcome_of(incident, row, settings)
