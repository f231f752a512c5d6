"""The tables. What they mean for people stands in the modules that use them; here is only what is kept.

Times are UTC. A change here needs a migration; a test compares the two.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from service.store.columns import Json, UtcTime

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcTime(), dict[str, Any]: Json(), list[str]: Json()}


class Incident(Table):
    """One reference of the control room's log, and where it stands in the queue."""

    __tablename__ = "incidents"
    # The three orders in which the queue is read (see service/queue.py).
    __table_args__ = (
        Index("ix_incidents_escalated", "state", "escalated_at"),
        Index("ix_incidents_deadline", "state", "deadline"),
        Index("ix_incidents_priority", "state", "priority"),
        Index("ix_incidents_updated", "updated_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(100), unique=True)
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    decision: Mapped[str] = mapped_column(String(10))  # the newest score's
    priority: Mapped[float]
    deadline: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    mark: Mapped[str | None] = mapped_column(String(20))  # why it is in the queue again
    blind: Mapped[bool]  # drawn for a blind look
    twice: Mapped[bool]  # drawn for a second reader
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    claimed_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    held_why: Mapped[str | None] = mapped_column(Text)  # a legal hold
    purged_at: Mapped[datetime | None]

    versions: Mapped[list["Version"]] = relationship(order_by="Version.number")
    decisions: Mapped[list["Decision"]] = relationship(order_by="Decision.id")
    handovers: Mapped[list["Handover"]] = relationship(order_by="Handover.id")


class Version(Table):
    """The whole log at one time, and its score."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("incident_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    sender: Mapped[str] = mapped_column(String(100))
    text: Mapped[str | None] = mapped_column(Json())  # escaped, as PostgreSQL takes no NUL; none once purged
    text_sha256: Mapped[str] = mapped_column(String(64))
    score: Mapped[dict[str, Any]]  # the contract's object; without reasons once purged
    stop_cues: Mapped[list[str]]


class Look(Table):
    """Somebody opened an incident."""

    __tablename__ = "looks"
    __table_args__ = (Index("ix_looks_incident_reviewer", "incident_id", "reviewer"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    version: Mapped[int]
    reviewer: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]
    blind: Mapped[bool]


class Decision(Table):
    """What a person decided. Taken back or not, it stays."""

    __tablename__ = "decisions"
    __table_args__ = (Index("ix_decisions_incident", "incident_id"), Index("ix_decisions_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    version: Mapped[int]
    reviewer: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]
    reading: Mapped[int]  # 1 first reader, 2 second reader, 3 supervisor
    outcome: Mapped[str] = mapped_column(String(20))
    destination: Mapped[str | None] = mapped_column(String(50))
    why: Mapped[str] = mapped_column(Text)
    factors: Mapped[dict[str, Any] | None] = mapped_column(Json())  # the four, where the reader named them
    suggestion: Mapped[str] = mapped_column(String(10))
    blind: Mapped[bool]
    seconds: Mapped[float | None]  # from the look to the decision
    before: Mapped[dict[str, Any]]  # where the incident stood, for taking back
    undone_at: Mapped[datetime | None]


class Handover(Table):
    """A signposting offered to a service, and what the service said."""

    __tablename__ = "handovers"
    __table_args__ = (Index("ix_handovers_incident", "incident_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"))
    destination: Mapped[str] = mapped_column(String(50))
    offered_at: Mapped[datetime]
    deadline: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(String(10))  # accepted, refused, withdrawn
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(String(200))  # who at the service
    recorded_by: Mapped[str | None] = mapped_column(String(100))
    why: Mapped[str] = mapped_column(Text)


class SecondReading(Table):
    """A decision that a second person reads too, and where the two disagree, a supervisor's."""

    __tablename__ = "second_readings"
    __table_args__ = (Index("ix_second_readings_open", "second_id", "first_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    version: Mapped[int]
    first_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), unique=True)
    second_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))
    agreed: Mapped[bool | None]
    settled_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))


class Entry(Table):
    """One link of the record. Never changed, never deleted: the database refuses both."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_reference", "reference"), Index("ix_audit_at", "at"))

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(30))
    reference: Mapped[str | None] = mapped_column(String(100))
    facts: Mapped[dict[str, Any]]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Head(Table):
    """One row: how many links the record has and the hash of the last, so that a cut tail shows."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entries: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    salt: Mapped[str] = mapped_column(String(64))  # what blind looks are drawn with: nobody can guess the draw


class Token(Table):
    """Who may come in. Of the token itself only its sha256 is kept."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Sitting(Table):
    """Somebody's browser, from showing a token until its time is up."""

    __tablename__ = "sittings"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)  # of the cookie
    token_sha256: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime]
