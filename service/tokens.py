"""Tokens and browser sittings at rest.

A token is 256 random bits, so its plain sha256 is what is kept: slow hashes are for words that people choose, which can
be guessed from a list; nobody can go through 2**256 tokens. The token itself is shown once, when it is made.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, get_args

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from model.errors import AccessError
from service.person import Person, Role
from service.record import audit
from service.store.tables import Sitting, Token

ROLES: Final[tuple[Role, ...]] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Issued:
    """A token as it is listed. The token itself is not known any more."""

    id: int
    name: str
    role: str
    created_at: datetime
    revoked_at: datetime | None


def mint() -> str:
    """A new token of 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of a token or a cookie: its sha256."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def create(session: Session, role: str, name: str, by: str, now: datetime) -> str:
    """Make a token for somebody and give it, this once.

    Raises:
        AccessError: ``token-invalid``: there is no such role, or the name cannot be kept.
    """
    if role not in ROLES:
        raise AccessError("token-invalid", f"There is no role {role!r}. Roles are {', '.join(ROLES)}.")
    if not 1 <= len(name.strip()) <= 100 or not name.isprintable():
        raise AccessError("token-invalid", "A name has 1 to 100 printable characters.")
    token = mint()
    row = Token(name=name.strip(), role=role, sha256=digest(token), created_at=now)
    session.add(row)
    session.flush()
    audit.append(session, by, "token-created", None, now, {"token": row.id, "name": row.name, "role": role})
    return token


def listed(session: Session) -> list[Issued]:
    """All tokens, the revoked ones too."""
    rows = session.scalars(select(Token).order_by(Token.id))
    return [Issued(row.id, row.name, row.role, row.created_at, row.revoked_at) for row in rows]


def revoke(session: Session, number: int, by: str, now: datetime) -> Issued:
    """End a token and the sittings that began with it.

    Raises:
        AccessError: ``token-invalid``: there is none of this number, or it is revoked already.
    """
    row = session.get(Token, number)
    if row is None or row.revoked_at is not None:
        raise AccessError("token-invalid", f"There is no token {number} to revoke. `signpost tokens list` shows them.")
    row.revoked_at = now
    session.execute(delete(Sitting).where(Sitting.token_sha256 == row.sha256))
    audit.append(session, by, "token-revoked", None, now, {"token": row.id, "name": row.name, "role": row.role})
    return Issued(row.id, row.name, row.role, row.created_at, row.revoked_at)


def holder(session: Session, sha256: str) -> Person | None:
    """Whose token this is the digest of, if it is good."""
    row = session.scalars(select(Token).where(Token.sha256 == sha256, Token.revoked_at.is_(None))).one_or_none()
    # The database finds a digest, not a token: how long that takes tells nothing about any token.
    return None if row is None or row.role not in ROLES else Person(row.name, row.role)


def begin_sitting(session: Session, token: str, hours: float, now: datetime) -> str:
    """Let a browser in for so many hours: a cookie, unrelated to the token. Those that are over are forgotten."""
    session.execute(delete(Sitting).where(Sitting.until <= now))
    cookie = mint()
    session.add(Sitting(sha256=digest(cookie), token_sha256=digest(token), until=now + timedelta(hours=hours)))
    return cookie


def sitting(session: Session, cookie: str, now: datetime) -> str | None:
    """The digest of the token that this cookie was given for, while its time lasts."""
    wanted = select(Sitting.token_sha256).where(Sitting.sha256 == digest(cookie), Sitting.until > now)
    return session.scalar(wanted)


def end_sitting(session: Session, cookie: str) -> None:
    """Let the browser out."""
    session.execute(delete(Sitting).where(Sitting.sha256 == digest(cookie)))
