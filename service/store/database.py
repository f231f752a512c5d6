"""One store: an engine, and the two kinds of transaction."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from model.errors import StoreError
from service.store import migrate

_BUSY_SECONDS: Final = 30
_READING: Final = "signpost_reading"
_SQLITE: Final = (
    "PRAGMA journal_mode=WAL",  # readers and the one writer do not wait for each other
    "PRAGMA synchronous=FULL",  # what was acknowledged survives a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # what is purged is overwritten, not only unlinked
    f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}",
)


@dataclass(frozen=True, slots=True)
class Store:
    """A database that is up to date. Use ``reading`` or ``writing`` for everything."""

    engine: Engine
    in_line: AbstractContextManager[Any] = field(default_factory=nullcontext)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that writes: all of it, or nothing. On SQLite there is one at a time from its first line."""
        with self.in_line, _explained(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads, and waits for nobody."""
        engine = self.engine.execution_options(**{_READING: True})
        with _explained(), Session(engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A plain connection that sees the database as it is at one moment, whatever others write meanwhile."""
        engine = self.engine.execution_options(**{_READING: True})
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with _explained(), engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def open_store(url: str, *, upgrade: bool = True) -> Store:
    """Open the database at ``url`` (``sqlite:///var/signpost.db``, ``postgresql://…``), made or upgraded first.

    Raises:
        StoreError: ``database-url-wrong``, ``database-unreachable``, ``database-newer``.
    """
    engine = open_engine(url)
    with _explained():
        if upgrade:
            migrate.upgrade(engine)
    # SQLite's own waiting is polling with growing pauses; the threads of one process queue up fairly here instead.
    return Store(engine, threading.Lock() if engine.dialect.name == "sqlite" else nullcontext())


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
        return create_engine(parsed, pool_size=10, max_overflow=30, pool_pre_ping=True, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError):
        # Without the address: it may hold a password.
        raise StoreError(
            "database-url-wrong",
            "SIGNPOST_DATABASE is no database that Signpost can use. "
            "Write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
        ) from None


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say (below), not where the driver guesses
    for pragma in _SQLITE:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def _explained() -> Iterator[None]:
    """The database's failures in our words. The driver's own message may quote a row."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated or type(error.orig).__name__ == "OperationalError":
            raise StoreError(
                "database-unreachable",
                "The database did not answer, or could not be written. Nothing was kept of this. "
                "Check that it runs and that its disk is not full, then send it again.",
            ) from None
        raise
