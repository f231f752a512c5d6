"""What readers said of incidents that were drawn for a blind look. The draw knows no score, so these speak for all
incidents, and the guarantee can be held against them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from service.desk.decisions import needs_the_police
from service.desk.register import key_of
from service.settings import Settings
from service.store.tables import Decision, Incident, Version


@dataclass(frozen=True, slots=True)
class Verdict:
    """One reader's word on one version. ``key`` is the id of the row that ``export-decisions`` writes of it, so that
    nobody counts it twice; ``model`` is the version of the model that had answered."""

    key: str
    flagged: bool
    needs_police: bool
    model: str


def final_until(settings: Settings, now: datetime) -> datetime:
    """Decisions from before this moment cannot be taken back any more. Twice the time for it: whoever took one back at
    the last moment may still be waiting for the store."""
    return now - 2 * timedelta(seconds=settings.undo_seconds)


def verdicts(session: Session, since: datetime | None, until: datetime) -> Iterator[Verdict]:
    """Those of decisions from ``since`` to ``until`` that nobody took back and that say whether the police are needed,
    in the order in which they were made."""
    wanted = (
        select(Decision, Incident, Version.score)
        .join(Incident, Incident.id == Decision.incident_id)
        .join(Version, and_(Version.incident_id == Incident.id, Version.number == Decision.version))
        .where(Incident.blind, Decision.blind, Decision.undone_at.is_(None), Decision.at < until)
        .order_by(Decision.id)
    )
    if since is not None:
        wanted = wanted.where(Decision.at >= since)
    for decision, incident, score in session.execute(wanted):
        needed = needs_the_police(decision.outcome, decision.factors)
        if needed is not None:
            key = key_of(incident, decision.version)
            yield Verdict(key, decision.suggestion == "flag", needed, score["model"])
