"""A log comes in: it is scored, kept as a new version, and put where a person will see it.

Nothing here takes an incident out of the queue. New text can only bring one in, or up.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from model.pieces import score_log
from service.desk import sampling
from service.desk.danger import priority, turns_dangerous
from service.desk.register import check_reference, find, known, stale, standing_decision, version_of
from service.readiness import Scorer
from service.record import audit
from service.settings import Settings
from service.store import Store
from service.store.tables import Head, Incident, Version

State = Literal["unlisted", "waiting", "handed-over", "settled"]
_MIDDLING: Final = 5.0
"""Priority of a ``pass`` that is shown blind: its true one would give it away."""


@dataclass(frozen=True, slots=True)
class Log:
    """What was sent: the whole log so far, and the version that the sender last saw, if it says so."""

    reference: str
    text: str
    sender: str
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of it. ``score`` is the contract's object, ``changed`` whether anything was written, and
    ``escalation`` why this text put the incident back at the top, in codes."""

    reference: str
    version: int
    state: State
    escalated: bool
    changed: bool
    escalation: tuple[str, ...]
    score: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """The answer to ``PUT /v1/incidents/{reference}``: the score, and where the incident stands."""
        return self.score | {
            "reference": self.reference,
            "version": self.version,
            "state": self.state,
            "escalated": self.escalated,
        }


def receive(store: Store, scorer: Scorer, log: Log, settings: Settings, now: datetime) -> Arrival:
    """Score a log and keep it, unless it is the newest version already. Acknowledged means written.

    Raises:
        NarrativeError: as ``model.pieces.score_log``.
        ReviewError: ``reference-invalid``; ``version-stale``, with the current version.
    """
    check_reference(log.reference)
    score = score_log(log.text, scorer)  # outside the transaction: nobody waits for it
    answer = score.as_dict(log.reference)
    digest = hashlib.sha256(log.text.encode()).hexdigest()
    with store.reading() as session:
        if (incident := find(session, log.reference)) and (same := _unchanged(session, incident, digest, answer)):
            return same
    thresholds = scorer.facts()["thresholds"]
    with store.writing() as session:
        incident = find(session, log.reference, lock=True) or _begin(session, log.reference, settings, now)
        if incident.version and (same := _unchanged(session, incident, digest, answer)):
            return same
        if log.expected is not None and log.expected != incident.version:
            raise stale(incident)
        before = version_of(session, incident) if incident.version else None
        dangers = _dangers(session, incident, before, answer)
        incident.version += 1
        incident.updated_at = now
        incident.decision = answer["decision"]
        _place(session, incident, answer, dangers, settings, now)
        session.add(
            Version(
                incident_id=incident.id,
                number=incident.version,
                at=now,
                sender=log.sender,
                text=log.text,
                text_sha256=digest,
                score=answer,
                stop_cues=list(score.stop_cues),
            )
        )
        facts = {
            "version": incident.version,
            "text_sha256": digest,
            "suggestion": answer["decision"],
            "because": [because["code"] for because in answer["because"]],
            "confidence": answer["confidence"],
            "factors": answer["factors"],
            "model": answer["model"],
            "policy": answer["policy"],
            "thresholds": {name: thresholds.get(name) for name in ("flag", "review", "provisional")},
            "state": incident.state,
            "escalated": list(dangers),
        }
        audit.append(session, log.sender, "escalated" if dangers else "scored", log.reference, now, facts)
        return _arrival(incident, answer, changed=True, escalation=dangers)


def _unchanged(session: Session, incident: Incident, digest: str, answer: dict[str, Any]) -> Arrival | None:
    """The answer where the newest version is this very text."""
    newest = version_of(session, incident)
    if newest.text_sha256 != digest:
        return None
    # A service that is paused by now, or has a stricter policy, does not answer with a flag of before.
    fresh = newest.text is None or (newest.score["decision"] == "flag" and answer["decision"] != "flag")
    return _arrival(incident, answer if fresh else newest.score, changed=False)


def _begin(session: Session, reference: str, settings: Settings, now: datetime) -> Incident:
    """A new incident without a version, or the one that somebody else began at the same moment."""
    incident = Incident(
        reference=reference,
        version=0,
        state="unlisted",
        decision="",
        priority=0.0,
        blind=False,
        twice=False,
        created_at=now,
        updated_at=now,
    )
    try:
        with session.begin_nested():
            session.add(incident)
    except IntegrityError:
        return known(session, reference, lock=True)
    salt = session.scalars(select(Head.salt)).one()
    incident.blind = sampling.blind(salt, incident.id, settings.blind_every)
    incident.twice = sampling.twice(salt, incident.id, settings.second_reader_share)
    return incident


def _dangers(session: Session, incident: Incident, before: Version | None, answer: dict[str, Any]) -> tuple[str, ...]:
    """Why something that was held to be calm turns dangerous with this text; none if nothing was held to be calm."""
    if before is None:
        return ()
    decided = standing_decision(session, incident)
    if decided is not None and decided.outcome == "police" and incident.state == "settled":
        return ()
    if before.score["decision"] != "flag" and (decided is None or decided.outcome != "signposted"):
        return ()
    return turns_dangerous(before.score, answer)


def _place(
    session: Session,
    incident: Incident,
    answer: dict[str, Any],
    dangers: tuple[str, ...],
    settings: Settings,
    now: datetime,
) -> None:
    """Where the incident goes with its new text. A deadline is never put off by it."""
    listed = incident.state != "unlisted"
    hidden = answer["decision"] == "pass" and incident.blind and not listed
    incident.priority = _MIDDLING if hidden else priority(answer)
    if dangers:
        urgent = now + timedelta(minutes=settings.escalated_minutes)
        kept = incident.deadline if incident.state == "waiting" else None
        incident.state, incident.mark, incident.escalated_at = "waiting", "escalated", now
        incident.deadline = min(kept or urgent, urgent)
    elif not listed:
        if answer["decision"] != "pass" or incident.blind:
            incident.state = "waiting"
            incident.deadline = now + timedelta(minutes=_minutes(incident, answer["decision"], settings))
    elif incident.state != "waiting":
        decided = standing_decision(session, incident)
        if incident.state == "settled" and decided is not None and decided.outcome == "police":
            return  # somebody is on the way, and the log goes on being written
        incident.state, incident.mark = "waiting", "changed"
        incident.deadline = now + timedelta(minutes=settings.review_minutes)
    elif incident.mark == "information":
        incident.mark = "changed"


def _minutes(incident: Incident, decision: str, settings: Settings) -> float:
    if incident.blind:  # the same for all of them: a deadline must not tell what the model said
        return min(settings.flag_minutes, settings.review_minutes)
    return settings.flag_minutes if decision == "flag" else settings.review_minutes


def _arrival(incident: Incident, score: dict[str, Any], *, changed: bool, escalation: tuple[str, ...] = ()) -> Arrival:
    state: Any = incident.state
    escalated = incident.escalated_at is not None
    return Arrival(incident.reference, incident.version, state, escalated, changed, escalation, score)
