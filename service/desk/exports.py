"""Reviewed incidents as labelled narratives, for retraining: masked, each with where its labels come from.

A label is what a person said, not what the model said. An outcome says some of it (police attend does not say which of
three factors), so an incident is exported when its reader named the factors, or signposted it to a mental health
service, which says that mental health is there and nothing for the police is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from model import entries
from model.errors import NarrativeError
from model.factors import FACTORS
from model.labelled import LabelledNarrative, Provenance
from model.narrative import Narrative
from model.score import Decision as Suggestion
from service.desk.destinations import Destinations
from service.desk.register import alias, key_of
from service.store.tables import Decision, Incident, SecondReading, Version

_AT_ONCE: Final = 500


class ReviewedNarrative(LabelledNarrative):
    """A labelled narrative with what was suggested and by which model, so that the same file serves retraining and
    the alarm."""

    decision: Suggestion
    model: str


@dataclass(slots=True)
class Tally:
    """What was exported, and what was not, by why."""

    exported: int = 0
    unlabelled: int = 0
    purged: int = 0
    too_long: int = 0


def export(
    session: Session, destinations: Destinations, masked: Callable[[str], str], tally: Tally
) -> Iterator[ReviewedNarrative]:
    """One narrative for each incident that has standing decisions, by the one that counts most: a supervisor's, or
    else the last of a first reader. What two readers disagree about, and nobody has settled, is left out as unlabelled.

    ``provenance.blind`` says that the incident was drawn for a blind look *and* its reader had one: under
    ``blind_all`` a reader sees no score either, but what they see was chosen by it.
    """
    wanted = select(Incident).where(Incident.version > 0).order_by(Incident.id).execution_options(yield_per=_AT_ONCE)
    for incident in session.scalars(wanted):
        decision, readers = _deciding(session, incident)
        if decision is None and not readers:
            continue
        labels, told = _labels(decision, destinations) if decision else (None, "")
        if decision is None or labels is None:
            tally.unlabelled += 1
            continue
        version = session.scalars(
            select(Version).where(Version.incident_id == incident.id, Version.number == decision.version)
        ).one()
        if version.text is None:
            tally.purged += 1
            continue
        try:
            Narrative.of(version.text)
        except NarrativeError:
            tally.too_long += 1
            continue
        tally.exported += 1
        provenance = Provenance(incident.blind and decision.blind, readers, told)
        yield _row(incident, decision, version, masked(version.text), labels, provenance)


def _deciding(session: Session, incident: Incident) -> tuple[Decision | None, int]:
    rows = list(
        session.scalars(
            select(Decision).where(Decision.incident_id == incident.id, Decision.undone_at.is_(None))
            .order_by(Decision.reading, Decision.id)
        )
    )  # fmt: skip
    rows = [row for row in rows if row.outcome != "information"]
    readers = len({row.reviewer for row in rows})
    settled = [row for row in rows if row.reading == 3]
    if settled:
        return settled[-1], readers
    open_ones = select(SecondReading.id).where(
        SecondReading.incident_id == incident.id, SecondReading.agreed.is_(False), SecondReading.settled_id.is_(None)
    )
    if session.scalar(open_ones.limit(1)) is not None:
        return None, readers
    first = [row for row in rows if row.reading == 1]
    return (first[-1] if first else None), readers


def _labels(decision: Decision, destinations: Destinations) -> tuple[dict[str, bool] | None, str]:
    if decision.factors is not None:
        return {name: bool(decision.factors[name]) for name in FACTORS}, "factors"
    mental_health = {destination.id for destination in destinations.all if destination.mental_health}
    if decision.outcome == "signposted" and decision.destination in mental_health:
        return {name: name == "mental_health" for name in FACTORS}, "outcome"
    return None, ""


def _row(
    incident: Incident,
    decision: Decision,
    version: Version,
    text: str,
    labels: dict[str, bool],
    provenance: Provenance,
) -> ReviewedNarrative:
    values: dict[str, Any] = labels | {
        "id": key_of(incident, decision.version),
        "text": text,
        "difficulty": "borderline" if decision.suggestion == "review" else "clear",
        "register": "everyday",
        "style": "timed_log" if entries.stamps(version.text or "") else "call_taker",
        "caller": "unknown",
        "family": "reviewed incident",
        "scenario": alias(incident),
        # No split cuts an author. Who typed a log is not known; a month holds together what happened together.
        "author": f"reviewed-{incident.created_at:%Y-%m}",
        "round": 0,
        "provenance": provenance,
        "decision": decision.suggestion,
        "model": version.score["model"],
    }
    return ReviewedNarrative(**values)
