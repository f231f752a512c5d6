"""Bring a database to the newest shape, by code: whoever starts Signpost needs no other command."""

import logging
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from model.errors import StoreError

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x5169_6E70  # any number that is ours: PostgreSQL's advisory locks have no names
_LOG: Final = logging.getLogger("signpost.service")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction; processes that start together wait for each other.

    Raises:
        StoreError: ``database-newer``: a later Signpost has been here.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))  # another start may need long for it
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        before = revision_of(connection)
        if revision == "head" and before == newest():
            return
        make(connection, revision)
        _LOG.info("database upgraded from %s to %s", before or "nothing", revision_of(connection))


def make(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to ``revision`` in the transaction of ``connection``.

    Raises:
        StoreError: ``database-newer``.
    """
    try:
        command.upgrade(_config(connection), revision)
    except CommandError:
        raise StoreError(
            "database-newer",
            "The database, or the backup, has a shape that this Signpost does not know. "
            "Use the Signpost that last wrote it, or an earlier backup.",
        ) from None


def revision_of(connection: Connection) -> str | None:
    """The shape that the database has; none when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The shape that this Signpost needs."""
    head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    assert head is not None
    return head


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
