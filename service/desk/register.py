"""The register of incidents: each by its reference, with its versions and the decision that stands."""

import hashlib
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from model.errors import ReviewError
from service.store.tables import Decision, Incident, Version

LONGEST_REFERENCE: Final = 100


def check_reference(reference: str) -> str:
    """A reference that can be kept: 1 to 100 printable characters.

    Raises:
        ReviewError: ``reference-invalid``.
    """
    if not can_be_kept(reference):
        raise ReviewError("reference-invalid", "A reference has 1 to 100 printable characters, not only blanks.")
    return reference


def can_be_kept(reference: str) -> bool:
    """Whether an incident can have this reference. No database is asked about any other: some refuse to look for it."""
    return 1 <= len(reference) <= LONGEST_REFERENCE and reference.isprintable() and bool(reference.strip())


def find(session: Session, reference: str, *, lock: bool = False) -> Incident | None:
    """The incident with this reference. ``lock`` keeps it to this transaction."""
    if not can_be_kept(reference):
        return None
    wanted = select(Incident).where(Incident.reference == reference)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalars(wanted).one_or_none()


def known(session: Session, reference: str, *, lock: bool = False) -> Incident:
    """As ``find``.

    Raises:
        ReviewError: ``incident-unknown``.
    """
    incident = find(session, reference, lock=lock)
    if incident is None:
        raise ReviewError("incident-unknown", "There is no incident with this reference.")
    return incident


def version_of(session: Session, incident: Incident, number: int | None = None) -> Version:
    """One version of the log, the newest by default."""
    wanted = select(Version).where(Version.incident_id == incident.id, Version.number == (number or incident.version))
    return session.scalars(wanted).one()


def standing_decision(session: Session, incident: Incident) -> Decision | None:
    """The last decision of a first reader or a supervisor that nobody has taken back."""
    wanted = (
        select(Decision)
        .where(Decision.incident_id == incident.id, Decision.undone_at.is_(None), Decision.reading != 2)
        .order_by(Decision.id.desc())
        .limit(1)
    )
    return session.scalars(wanted).one_or_none()


def alias(incident: Incident) -> str:
    """A name that does not lead back to the call, as the reference does: for what leaves the store."""
    told = f"{incident.id}:{incident.reference}:{incident.created_at}"
    return f"reviewed-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def key_of(incident: Incident, version: int) -> str:
    """The same for one version of its log."""
    return f"{alias(incident)}-{version}"


def stale(incident: Incident) -> ReviewError:
    """What to say to somebody who has not seen the newest version."""
    return ReviewError(
        "version-stale",
        f"The incident is at version {incident.version} by now. Read it again, then send this again if it still holds.",
        incident.version,
    )
