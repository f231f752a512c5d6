"""One store: an engine, and the two kinds of transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from model.errors import StoreError
from service.store import migrate
from service.store.failures import DatabaseError, Standing, Turnstile
from service.store.tables import Head

_BUSY_SECONDS: Final = 10
_WRITERS: Final = 24
"""Threads that write or wait to: of the forty that the server has, some are left to readers."""

_READING: Final = "signpost_reading"
_SQLITE: Final = (
    "PRAGMA journal_mode=WAL",  # readers and the one writer do not wait for each other
    "PRAGMA synchronous=FULL",  # what was acknowledged survives a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # what is purged is overwritten, not only unlinked
)

_POSTGRESQL: Final = {
    # A server that is gone without a word is noticed in seconds; the system alone would take a quarter of an hour.
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


@dataclass(frozen=True, slots=True)
class Store:
    """A database that is up to date. Use ``reading`` or ``writing`` for everything."""

    engine: Engine
    turnstile: Turnstile = field(default_factory=lambda: Turnstile(_WRITERS, _WRITERS, _BUSY_SECONDS))
    standing: Standing = field(default_factory=Standing)

    @property
    def trouble(self) -> DatabaseError | None:
        """Why the last try to read or to write failed, if it did."""
        return self.standing.trouble

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that writes: all of it, or nothing. On SQLite there is one at a time from its first line."""
        with (
            self.standing.trying("writing"),
            self.turnstile.turn(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads, and waits for nobody."""
        engine = self.engine.execution_options(**{_READING: True})
        with self.standing.trying("reading"), Session(engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A plain connection that sees the database as it is at one moment, whatever others write meanwhile."""
        engine = self.engine.execution_options(**{_READING: True})
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with self.standing.trying("reading"), engine.connect() as connection:
            yield connection

    def probe(self) -> None:
        """Write what stands there already: does it work again?

        Raises:
            DatabaseError: not yet.
        """
        with self.writing() as session:
            session.execute(update(Head).values(entries=Head.entries))

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def open_store(url: str, *, upgrade: bool = True) -> Store:
    """Open the database at ``url`` (``sqlite:///var/signpost.db``, ``postgresql://…``), made or upgraded first.

    Raises:
        StoreError: ``database-url-wrong``, ``database-unreachable``, ``database-newer``.
    """
    engine = open_engine(url)
    with Standing().trying("opening"):
        if upgrade:
            migrate.upgrade(engine)
    # SQLite's own waiting is polling with growing pauses; the threads of one process queue up fairly here instead.
    at_once = 1 if engine.dialect.name == "sqlite" else _WRITERS
    return Store(engine, Turnstile(at_once, _WRITERS, _BUSY_SECONDS))


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def open_engine(url: str) -> Engine:
    """The engine for ``url``. Nothing is connected, made or upgraded yet.

    Raises:
        StoreError: ``database-url-wrong``.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            if parsed.database:
                file = Path(parsed.database)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch(mode=0o600)  # narratives are in it; SQLite gives its other files the same mode
            engine = create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True)
            event.listen(engine, "connect", _prepare)
            event.listen(engine, "begin", _begin)
            return engine
        if parsed.get_backend_name() != "postgresql":
            raise ArgumentError
        parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(
            parsed,
            connect_args={name: value for name, value in _POSTGRESQL.items() if name not in parsed.query},
            pool_size=10,
            max_overflow=30,
            pool_timeout=_BUSY_SECONDS,
            pool_pre_ping=True,
            hide_parameters=True,
        )
        event.listen(engine, "connect", _limit_locks)
        return engine
    except (ArgumentError, NoSuchModuleError):
        # Without the address: it may hold a password.
        raise StoreError(
            "database-url-wrong",
            "SIGNPOST_DATABASE is no database that Signpost can use. "
            "Write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
        ) from None


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say (below), not where the driver guesses
    for pragma in (*_SQLITE, f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000:.0f}"):
        connection.execute(pragma)


def _limit_locks(connection: Any, _: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{_BUSY_SECONDS}s'")
    connection.commit()


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
