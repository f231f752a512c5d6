"""What is kept and for how long: narratives go when they are old, the record's facts stay.

Never purged: an incident under legal hold, and one that a person has been asked about and has not settled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from model.errors import ReviewError
from service.record import audit
from service.store import Store
from service.store.tables import Incident, Version

_TOGETHER: Final = 200
_LONGEST_WHY: Final = 2_000
_DONE: Final = ("settled", "unlisted")


@dataclass(frozen=True, slots=True)
class Purged:
    """How many incidents lost their narratives (or would), and how many old ones were kept, and why."""

    purged: int
    held: int
    undecided: int


@dataclass(frozen=True, slots=True)
class Keeping:
    """Whether an incident's narrative is kept whatever its age, and why; when it was removed, if it was."""

    reference: str
    held_why: str | None
    purged_at: datetime | None


def keeping(session: Session, reference: str) -> Keeping | None:
    """How one incident is kept; ``None``: there is no such incident."""
    wanted = select(Incident.reference, Incident.held_why, Incident.purged_at).where(Incident.reference == reference)
    row = session.execute(wanted).one_or_none()
    return None if row is None else Keeping(*row)


def under_hold(session: Session, most: int = 200) -> tuple[Keeping, ...]:
    """The incidents under legal hold, the newest first."""
    wanted = select(Incident.reference, Incident.held_why, Incident.purged_at).where(Incident.held_why.is_not(None))
    return tuple(Keeping(*row) for row in session.execute(wanted.order_by(Incident.id.desc()).limit(most)))


def purge(store: Store, days: float, by: str, now: datetime, *, dry_run: bool = False) -> Purged:
    """Remove text and reasons of all versions of incidents that have not changed for ``days`` days.

    Each run of some hundred is a transaction of its own, so that the service is not held up; each incident has its
    link in the record.
    """
    before = now - timedelta(days=days)
    purged = 0
    with store.reading() as session:
        held, undecided = _kept(session, before)
        references = list(_due(session, before))
    if dry_run:
        return Purged(len(references), held, undecided)
    for start in range(0, len(references), _TOGETHER):
        with store.writing() as session:
            for number in references[start : start + _TOGETHER]:
                purged += _purge_one(session, number, before, by, now)
    return Purged(purged, held, undecided)


def hold(session: Session, reference: str, why: str, by: str, now: datetime) -> None:
    """Keep an incident from being purged, until released.

    Raises:
        ReviewError: ``incident-unknown``; ``choice-invalid``: no reason, or its narrative is gone already.
    """
    incident = _locked(session, reference)
    _check(why, "Say why it is held: a case number, for example.")
    if incident.purged_at is not None:
        raise ReviewError("choice-invalid", "The narrative of this incident is purged: there is nothing to hold.")
    incident.held_why = why.strip()
    audit.append(session, by, "held", reference, now, {"why": incident.held_why})


def release(session: Session, reference: str, why: str, by: str, now: datetime) -> None:
    """End a legal hold.

    Raises:
        ReviewError: ``incident-unknown``; ``choice-invalid``: no reason, or it is not held.
    """
    incident = _locked(session, reference)
    _check(why, "Say why the hold ends.")
    if incident.held_why is None:
        raise ReviewError("choice-invalid", "This incident is not held.")
    incident.held_why = None
    audit.append(session, by, "released", reference, now, {"why": why.strip()})


def _check(why: str, missing: str) -> None:
    if not why.strip():
        raise ReviewError("choice-invalid", missing)
    if len(why) > _LONGEST_WHY or "\0" in why:
        raise ReviewError("choice-invalid", f"A reason has at most {_LONGEST_WHY:,} characters and no NUL.")


def _due(session: Session, before: datetime) -> Iterator[int]:
    wanted = select(Incident.id).where(
        Incident.updated_at < before,
        Incident.purged_at.is_(None),
        Incident.held_why.is_(None),
        Incident.state.in_(_DONE),
    )
    yield from session.scalars(wanted.order_by(Incident.id))


def _kept(session: Session, before: datetime) -> tuple[int, int]:
    old = (Incident.updated_at < before) & Incident.purged_at.is_(None)
    held = session.scalars(select(Incident.id).where(old, Incident.held_why.is_not(None)))
    undecided = select(Incident.id).where(old, Incident.held_why.is_(None), Incident.state.not_in(_DONE))
    return len(held.all()), len(session.scalars(undecided).all())


def _purge_one(session: Session, number: int, before: datetime, by: str, now: datetime) -> bool:
    """Look again with the row locked: somebody may have sent new text, or put it under hold, in the meantime."""
    incident = session.get(Incident, number, with_for_update=True, populate_existing=True)
    if incident is None or incident.purged_at is not None or incident.held_why is not None:
        return False
    if incident.updated_at >= before or incident.state not in _DONE:
        return False
    versions = session.scalars(select(Version).where(Version.incident_id == incident.id)).all()
    for version in versions:
        version.text = None
        version.score = version.score | {"reasons": []}
    incident.purged_at = now
    facts = {"versions": len(versions), "text_sha256": [version.text_sha256 for version in versions]}
    audit.append(session, by, "purged", incident.reference, now, facts)
    return True


def _locked(session: Session, reference: str) -> Incident:
    wanted = select(Incident).where(Incident.reference == reference).with_for_update()
    # Not every database can be asked about a NUL.
    incident = None if "\0" in reference else session.scalars(wanted).one_or_none()
    if incident is None:
        raise ReviewError("incident-unknown", "There is no incident with this reference.")
    return incident
