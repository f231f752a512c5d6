"""Claims: an incident that somebody has opened is theirs for some minutes, so that two do not work on it at once."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from service.person import Person
from service.settings import Settings
from service.store.tables import Incident


def claim(incident: Incident, person: Person, settings: Settings, now: datetime) -> bool:
    """Keep the incident for this person for some minutes, unless somebody else has it. Call with its row locked."""
    if holder(incident, person, settings, now) is not None:
        return False
    incident.claimed_by, incident.claimed_until = person.name, longest(settings, now)
    return True


def longest(settings: Settings, now: datetime) -> datetime:
    """When a claim ends that is made now."""
    return now + timedelta(minutes=settings.claim_minutes)


def holder(incident: Incident, person: Person, settings: Settings, now: datetime) -> str | None:
    """Who else has the incident open. A claim that ends later than one made now was made by a clock that was ahead."""
    if incident.claimed_until is None or incident.claimed_by == person.name:
        return None
    if not now < incident.claimed_until <= longest(settings, now):
        return None
    return incident.claimed_by


def release(session: Session, person: Person, reference: str) -> None:
    """Give an incident back unread. Nothing happens if this person does not hold it."""
    mine = (Incident.reference == reference) & (Incident.claimed_by == person.name)
    session.execute(update(Incident).where(mine).values(claimed_by=None, claimed_until=None))
