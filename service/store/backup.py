"""A backup that both databases can read: gzipped JSON Lines, checked before anything of it is written.

The first line says what it is: the shape of the tables, and how the record ended. Then a line a row, in an order in
which they can be put back. The last line counts the rows and carries their sha256: without it a backup is not whole.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import MetaData, func, insert, select, text

from model.errors import StoreError
from service.store import migrate
from service.store.columns import moment
from service.store.database import Store, now, open_engine
from service.store.tables import Table

FORMAT: Final = 1
_TOGETHER: Final = 500
_HEAD: Final = "audit_head"


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: its shape, its rows, and how the record ends (``entries:hash``)."""

    revision: str
    rows: int
    record: str


def backup(store: Store, path: Path) -> Backup:
    """Write everything that the database holds at one moment to ``path``, complete or not at all. The service may run.

    Raises:
        StoreError: ``database-unreachable``.
    """
    draft = path.with_name(f".{path.name}.part")
    digest, rows = hashlib.sha256(), 0
    try:
        with store.snapshot() as connection, gzip.open(draft, "wb") as file:
            draft.chmod(0o600)  # narratives are in it
            revision = migrate.revision_of(connection) or ""
            head = connection.execute(text("SELECT entries, hash FROM audit_head")).one()
            record = f"{head.entries}:{head.hash}"
            _write(file, {"signpost": FORMAT, "revision": revision, "made": moment(now()), "record": record})
            tables = MetaData()
            tables.reflect(connection)
            for table in tables.sorted_tables:
                if table.name == "alembic_version":
                    continue
                for row in connection.execution_options(yield_per=_TOGETHER).execute(select(table)):
                    digest.update(_write(file, {"table": table.name, "row": dict(row._mapping)}))
                    rows += 1
            _write(file, {"rows": rows, "sha256": digest.hexdigest()})
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return Backup(revision, rows, record)


def restore(url: str, path: Path) -> Backup:
    """Put a backup into an empty database, and bring it to the newest shape: all of it, or nothing.

    Raises:
        StoreError: ``backup-damaged``; ``store-not-empty``; ``database-newer``; as ``open_store``.
    """
    known = check(path)
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            if migrate.revision_of(connection) is not None and _holds_rows(connection):
                raise StoreError(
                    "store-not-empty", "The database holds incidents or a record. Restore into an empty one."
                )
        with engine.begin() as connection:
            migrate.make(connection, known.revision)
            _fill(connection, path)
        migrate.upgrade(engine)
    finally:
        engine.dispose()
    return known


def check(path: Path) -> Backup:
    """Read a backup through without writing anything.

    Raises:
        StoreError: ``backup-damaged``, with what is wrong.
    """
    digest, rows = hashlib.sha256(), 0
    head: dict[str, Any] | None = None
    end: dict[str, Any] | None = None
    try:
        for line, raw in _lines(path):
            if head is None:
                head = line
            elif "row" in line:
                digest.update(raw)
                rows += 1
            else:
                end = line
    except (OSError, EOFError, ValueError, gzip.BadGzipFile):
        raise _damaged(path, "it cannot be read to its end") from None
    if head is None or head.get("signpost") != FORMAT:
        raise _damaged(path, "it is no backup of Signpost, or of another format")
    if end is None or end.get("rows") != rows or end.get("sha256") != digest.hexdigest():
        raise _damaged(path, "rows are missing or were changed")
    return Backup(str(head["revision"]), rows, str(head["record"]))


def _fill(connection: Any, path: Path) -> None:
    tables = MetaData()
    tables.reflect(connection)
    connection.execute(tables.tables[_HEAD].delete())  # the one that came with the empty tables
    waiting: list[dict[str, Any]] = []
    name = ""
    for line, _ in _lines(path):
        if "row" not in line:
            continue
        if line["table"] != name or len(waiting) == _TOGETHER:
            _put(connection, tables, name, waiting)
            name, waiting = line["table"], []
        waiting.append(line["row"])
    _put(connection, tables, name, waiting)
    if connection.dialect.name == "postgresql":
        for table in tables.sorted_tables:
            if "id" in table.c and table.c.id.autoincrement and table.name != _HEAD:
                sequence = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"  # noqa: S608
                connection.execute(text(sequence))


def _put(connection: Any, tables: MetaData, name: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(tables.tables[name]), rows)


def _holds_rows(connection: Any) -> bool:
    counted = (select(func.count()).select_from(Table.metadata.tables[name]) for name in ("incidents", "audit"))
    return any(connection.scalar(query) for query in counted)


def _lines(path: Path) -> Iterator[tuple[dict[str, Any], bytes]]:
    with gzip.open(path, "rb") as file:
        for raw in file:
            yield json.loads(raw), raw


def _write(file: Any, value: dict[str, Any]) -> bytes:
    line = json.dumps(value, separators=(",", ":")).encode() + b"\n"
    file.write(line)
    return line


def _damaged(path: Path, what: str) -> StoreError:
    return StoreError("backup-damaged", f"{path.name} was not restored: {what}. Take another backup.")
