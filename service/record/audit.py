"""The record: who saw what, what was suggested, what was decided, when and why. Each link carries the hash of the last.

A link never holds a narrative, only its sha256. It is written in the transaction of what it records: neither is there
without the other. What a chain of hashes can and cannot show is said in docs/record.md.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from model.errors import StoreError
from service.store.columns import canonical, moment
from service.store.tables import Entry, Head

BEGINNING: Final = "0" * 64
"""What the first link has in place of the hash of the one before."""

_FIELDS: Final = frozenset({"seq", "at", "actor", "action", "reference", "facts", "previous"})
_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Chain:
    """How long the record is and how it ends: noted elsewhere, it proves later that nothing was cut or made anew."""

    entries: int
    hash: str

    def __str__(self) -> str:
        return f"{self.entries}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which links to export; ``None`` is all."""

    reference: str | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def append(
    session: Session, actor: str, action: str, reference: str | None, now: datetime, facts: dict[str, Any]
) -> Chain:
    """Add one link. Call it last in a transaction: from here to its end every other writer of the record waits."""
    head = session.scalars(select(Head).with_for_update().execution_options(populate_existing=True)).one()
    entry = Entry(
        seq=head.entries + 1,
        at=now,
        actor=actor,
        action=action,
        reference=reference,
        facts=facts,
        previous=head.hash,
    )
    entry.hash = digest(as_dict(entry))
    head.entries, head.hash = entry.seq, entry.hash
    session.add(entry)
    session.flush()
    return Chain(entry.seq, entry.hash)


def as_dict(entry: Entry) -> dict[str, Any]:
    """A link as it is exported, and as it is hashed but for ``hash`` itself."""
    return {
        "seq": entry.seq,
        "at": moment(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "reference": entry.reference,
        "facts": entry.facts,
        "previous": entry.previous,
    }


def digest(link: dict[str, Any]) -> str:
    """sha256 (hex) of a link's canonical JSON, without its own hash."""
    return hashlib.sha256(canonical({name: link[name] for name in _FIELDS}).encode()).hexdigest()


def verify(session: Session, noted: Chain | None = None) -> Chain:
    """Read the whole record and check every link.

    Args:
        noted: how the record ended at an earlier time, if somebody noted it.

    Raises:
        StoreError: ``record-broken``, with the place and what is wrong there.
    """
    seq, previous = 0, BEGINNING
    for entry in entries(session):
        if entry.seq != seq + 1:
            raise _broken(f"After entry {seq} comes entry {entry.seq}: {entry.seq - seq - 1} between them are missing.")
        if entry.previous != previous:
            raise _broken(f"Entry {entry.seq} does not follow from entry {seq}: one of them was replaced or moved.")
        if entry.hash != digest(as_dict(entry)):
            raise _broken(f"Entry {entry.seq} was changed after it was written.")
        seq, previous = entry.seq, entry.hash
        if noted is not None and noted.entries == seq and noted.hash != previous:
            raise _broken(f"Entry {seq} is not the one that was noted: the record was made anew up to there or beyond.")
    head = session.scalars(select(Head)).one()
    known = max(head.entries, noted.entries if noted else 0)
    if seq < known:
        raise _broken(f"The record ends at entry {seq}, but it had {known}: its tail was cut off.")
    if (head.entries, head.hash) != (seq, previous):
        raise _broken(f"The record ends at entry {seq}, but its head says {head.entries}, or another hash.")
    return Chain(seq, previous)


def head(session: Session) -> Chain:
    """How the record ends now."""
    row = session.scalars(select(Head)).one()
    return Chain(row.entries, row.hash)


def entries(session: Session, filters: Filters | None = None) -> Iterator[Entry]:
    """The links in order. They are read as a stream: a record of years does not have to fit into memory."""
    wanted = select(Entry).order_by(Entry.seq).execution_options(yield_per=_AT_ONCE)
    for column, value in (
        (Entry.reference, filters and filters.reference),
        (Entry.actor, filters and filters.actor),
        (Entry.action, filters and filters.action),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if filters and filters.since is not None:
        wanted = wanted.where(Entry.at >= filters.since)
    if filters and filters.until is not None:
        wanted = wanted.where(Entry.at < filters.until)
    for entry in session.scalars(wanted):
        yield entry
        session.expunge(entry)


def export(session: Session, filters: Filters | None = None) -> Iterator[str]:
    """The links as JSON, one a line, each with its hash, so that whoever gets them can check them."""
    for entry in entries(session, filters):
        yield canonical(as_dict(entry) | {"hash": entry.hash})


def _broken(what: str) -> StoreError:
    return StoreError("record-broken", f"{what} Keep the database as it is and compare it with the last backup.")
