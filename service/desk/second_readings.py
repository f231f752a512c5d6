"""Two people read a share of the incidents, each without knowing the other's decision; a supervisor settles what they
disagree about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session, aliased

from model.errors import ReviewError
from service.person import Person
from service.store.tables import Decision, Incident, SecondReading

LARGEST_NUMBER: Final = 2**31 - 1
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Reading:
    """A second reading that this person can do, or a disagreement that a supervisor has to settle."""

    id: int
    reference: str
    version: int
    since: datetime
    disagreement: bool


def open_to(session: Session, person: Person) -> tuple[Reading, ...]:
    """Second readings of others' decisions, and for supervisors what two readers disagree about; oldest first."""
    own = aliased(Decision)
    mine = exists().where(
        own.incident_id == SecondReading.incident_id, own.reviewer == person.name, own.undone_at.is_(None)
    )
    wanted = _reading(SecondReading.second_id.is_(None), ~mine)
    found = [_as_reading(row, disagreement=False) for row in session.execute(wanted.limit(_MOST))]
    if person.may("supervise"):
        open_ones = _reading(SecondReading.agreed.is_(False), SecondReading.settled_id.is_(None))
        found += [_as_reading(row, disagreement=True) for row in session.execute(open_ones.limit(_MOST))]
    return tuple(found)


def open_for(session: Session, person: Person, number: int) -> SecondReading:
    """A second reading that is open to this person, its row locked.

    Raises:
        ReviewError: ``reading-unknown``.
    """
    row = session.get(SecondReading, number, with_for_update=True) if 0 < number <= LARGEST_NUMBER else None
    open_ones = {reading.id for reading in open_to(session, person)}
    if row is None or row.id not in open_ones:
        raise ReviewError(
            "reading-unknown",
            "There is no second reading or disagreement of this number for you: somebody has done it, "
            "or the first decision was yours.",
        )
    return row


def ask(session: Session, incident: Incident, decision: Decision) -> None:
    """Ask for a second reader, if the incident was drawn for one and has not had one."""
    if not incident.twice or decision.outcome == "information":
        return
    had_one = select(SecondReading.id).where(SecondReading.incident_id == incident.id).limit(1)
    if session.scalar(had_one) is None:
        session.add(SecondReading(incident_id=incident.id, version=decision.version, first_id=decision.id))


def drop(session: Session, first: Decision) -> None:
    """Ask no more, as the first decision was taken back before anybody read it again."""
    for reading in session.scalars(select(SecondReading).where(SecondReading.first_id == first.id)):
        if reading.second_id is None:
            session.delete(reading)


def _reading(*conditions: ColumnElement[bool]) -> Select[int, str, int, datetime]:
    return (
        select(SecondReading.id, Incident.reference, SecondReading.version, Decision.at)
        .join(Incident, Incident.id == SecondReading.incident_id)
        .join(Decision, Decision.id == SecondReading.first_id)
        .where(*conditions)
        .order_by(SecondReading.id)
    )


def _as_reading(row: Any, *, disagreement: bool) -> Reading:
    return Reading(row.id, row.reference, row.version, row.at, disagreement)
