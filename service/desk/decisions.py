"""A person's decision: what can be chosen, how it is kept, and how it stands to the suggestion."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy.orm import Session

from model.errors import ReviewError
from model.factors import FACTORS
from service.desk.destinations import Destinations
from service.desk.reading import last_look
from service.desk.register import version_of
from service.person import Person
from service.record import audit
from service.settings import Settings
from service.store.columns import moment
from service.store.tables import Decision, Incident

Outcome = Literal["signposted", "police", "other", "information"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("signposted", "police", "other", "information")
LONGEST_WHY: Final = 2_000
PLACE: Final = ("state", "mark", "deadline", "escalated_at")
"""What of an incident a decision changes, and taking it back restores."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose. ``destination`` goes with ``signposted``; ``other`` needs a reason; ``factors`` are the
    four as the reader judged them, if they were named: they make a reviewed incident fit for retraining."""

    outcome: str
    destination: str | None = None
    why: str = ""
    factors: dict[str, bool] | None = None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of a choice. ``follows`` says whether it went with the suggestion; ``None`` where there was none
    to go with. ``undo_until`` is when it can no longer be taken back."""

    decision: int
    reference: str
    version: int
    state: str
    outcome: str
    deadline: datetime | None
    undo_until: datetime
    follows: bool | None


def check(choice: Choice, destinations: Destinations) -> None:
    if choice.outcome not in OUTCOMES:
        raise ReviewError("choice-invalid", f"`outcome` must be one of {', '.join(OUTCOMES)}.")
    if choice.outcome == "signposted":
        destinations.get(choice.destination)
    elif choice.destination is not None:
        raise ReviewError("choice-invalid", "`destination` goes with the outcome signposted only.")
    if choice.outcome == "other" and not choice.why.strip():
        raise ReviewError("choice-invalid", "Say in `why` what other outcome it is.")
    if len(choice.why) > LONGEST_WHY or "\0" in choice.why:
        raise ReviewError("choice-invalid", f"`why` may have {LONGEST_WHY:,} characters and no NUL.")
    named = choice.factors
    if named is not None and (set(named) != set(FACTORS) or not all(isinstance(v, bool) for v in named.values())):
        raise ReviewError("choice-invalid", f"`factors` must name all of {', '.join(FACTORS)}, each true or false.")


def record(
    session: Session,
    person: Person,
    incident: Incident,
    choice: Choice,
    reading: int,
    now: datetime,
    after: Decision | None,
    of: int | None = None,
) -> Decision:
    version = version_of(session, incident, of)
    look = last_look(session, person, incident)
    if look is None or look.version != version.number or (after is not None and look.at <= after.at):
        raise ReviewError(
            "not-opened", "Open the incident and read it first: it was decided, or has changed, since you last did."
        )
    row = Decision(
        incident_id=incident.id,
        version=version.number,
        reviewer=person.name,
        at=now,
        reading=reading,
        outcome=choice.outcome,
        destination=choice.destination,
        why=choice.why.strip(),
        factors=choice.factors,
        suggestion=version.score["decision"],
        blind=look.blind,
        seconds=round((now - look.at).total_seconds(), 3),
        before={name: _plain(getattr(incident, name)) for name in PLACE},
    )
    session.add(row)
    session.flush()
    return row


def note(session: Session, person: Person, action: str, incident: Incident, row: Decision, now: datetime) -> None:
    version = version_of(session, incident, row.version)
    facts = {
        "version": row.version,
        "text_sha256": version.text_sha256,
        "model": version.score["model"],
        "policy": version.score["policy"],
        "suggestion": row.suggestion,
        "decision": row.outcome,
        "destination": row.destination,
        "why": row.why,
        "factors": row.factors,
        "blind": row.blind,
        "reading": row.reading,
        "seconds": row.seconds,
        "state": incident.state,
    }
    audit.append(session, person.name, action, incident.reference, now, facts)


def outcome_of(incident: Incident, row: Decision, settings: Settings) -> Outcomes:
    return Outcomes(
        decision=row.id,
        reference=incident.reference,
        version=row.version,
        state=incident.state,
        outcome=row.outcome,
        deadline=incident.deadline,
        undo_until=row.at + timedelta(seconds=settings.undo_seconds),
        follows=follows(row.suggestion, row.outcome),
    )


def needs_the_police(outcome: str, factors: Mapping[str, bool] | None) -> bool | None:
    """What a decision says about the need for the police: by the factors where the reader named them."""
    if factors is not None:
        return any(factors[factor] for factor in FACTORS[1:])
    return {"police": True, "signposted": False}.get(outcome)


def follows(suggestion: str, outcome: str) -> bool | None:
    """Whether a decision goes with the suggestion; ``None`` where nothing was suggested or nothing decided."""
    if suggestion == "review" or outcome not in ("signposted", "police"):
        return None
    return (suggestion == "flag") == (outcome == "signposted")


def _plain(value: Any) -> Any:
    return moment(value) if isinstance(value, datetime) else value
