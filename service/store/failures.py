"""A database's failures in our words, and whether it has failed just now."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from model.errors import StoreError

_LOG: Final = logging.getLogger("signpost.service")
_DETAILS: Final = {
    "database-unreachable": "The database did not answer, or could not be written. Nothing was kept of this. "
    "Check that it runs, then send it again.",
    "database-full": "The database cannot be written: its disk, or what it may use of it, is full. Nothing was kept of "
    "this. Make room, then send it again.",
    "database-busy": "Others had the database to themselves for too long. Nothing was kept of this. Send it again; if "
    "that goes on, look for a program that holds it open.",
    "database-damaged": "The database's file is damaged, or is none. Nothing was kept of this. Stop the service and "
    "restore the last backup.",
}
# The first byte of SQLite's error codes (sqlite.org/rescode.html), and PostgreSQL's SQLSTATEs (appendix A).
_SQLITE: Final = {
    13: "database-full",
    5: "database-busy",
    6: "database-busy",
    11: "database-damaged",
    26: "database-damaged",
}
_POSTGRESQL: Final = {
    "53100": "database-full",
    "53300": "database-busy",
    "55P03": "database-busy",
    "57014": "database-busy",
    "40001": "database-busy",
    "40P01": "database-busy",
    "XX001": "database-damaged",
    "XX002": "database-damaged",
}


class DatabaseError(StoreError):
    """Codes: ``database-unreachable``, ``database-full``, ``database-busy``, ``database-damaged``."""


class Standing:
    """Whether the last try to read, and the last try to write, failed. Said in the log when that changes."""

    def __init__(self) -> None:
        self._troubles: dict[str, DatabaseError] = {}

    @property
    def trouble(self) -> DatabaseError | None:
        """What is wrong, if anything is."""
        return self._troubles.get("writing") or self._troubles.get("reading")

    @contextmanager
    def trying(self, what: str) -> Iterator[None]:
        """Do something with the database, and note how it went. The driver's own messages may quote a row: they end
        here.

        Raises:
            DatabaseError: what went wrong.
        """
        try:
            yield
        except (DBAPIError, NoConnectionFree) as error:
            code = code_of(error)
            if code is None:
                raise
            self._fail(what, trouble := DatabaseError(code, _DETAILS[code]))
            raise trouble from None
        except DatabaseError as error:
            self._fail(what, error)
            raise
        self._pass(what)

    def _fail(self, what: str, trouble: DatabaseError) -> None:
        before = self._troubles.get(what)
        self._troubles[what] = trouble
        if before is None or before.code != trouble.code:
            _LOG.error("%s the database failed: %s", what, trouble.code)

    def _pass(self, what: str) -> None:
        # Who can write can read.
        for healed in ("reading", "writing") if what == "writing" else (what,):
            if self._troubles.pop(healed, None) is not None:
                _LOG.warning("%s the database works again", healed)


class Turnstile:
    """Those who write, ``at_once`` together, in a line that is neither long nor slow: readers need threads too."""

    def __init__(self, at_once: int, most: int, seconds: float) -> None:
        self._turns, self._places = threading.Semaphore(at_once), threading.BoundedSemaphore(most)
        self._seconds = seconds

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn, and have it.

        Raises:
            DatabaseError: ``database-busy``.
        """
        if not self._places.acquire(blocking=False):
            raise busy()
        try:
            if not self._turns.acquire(timeout=self._seconds):
                raise busy()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._places.release()


def busy() -> DatabaseError:
    """Nobody's turn came."""
    return DatabaseError("database-busy", _DETAILS["database-busy"])


def code_of(error: DBAPIError | NoConnectionFree) -> str | None:
    """Our code for a failure of the driver's; none for what is a mistake of ours."""
    if isinstance(error, NoConnectionFree):
        return "database-busy"
    known = _POSTGRESQL.get(getattr(error.orig, "sqlstate", None) or "") or _SQLITE.get(
        (getattr(error.orig, "sqlite_errorcode", None) or 0) & 0xFF
    )
    if known:
        return known
    return "database-unreachable" if error.connection_invalidated or isinstance(error, OperationalError) else None
