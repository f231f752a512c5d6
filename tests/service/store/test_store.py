import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from model.errors import StoreError
from model.narrative import Narrative
from service.desk import incidents
from service.desk.register import known
from service.record import audit
from service.settings import Settings
from service.store import Store, open_store
from service.store import backup as backups
from service.store.database import open_engine
from service.store.migrate import newest, revision_of, upgrade
from service.store.tables import Table

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def put(store: Store, scorer: Any, reference: str, words: str = "hearing voices") -> None:
    incidents.receive(store, scorer, incidents.Log(reference, words, "cad"), Settings(), NOW)


def rows_of(store: Store) -> dict[str, list[Any]]:
    with store.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key))]
            for table in Table.metadata.sorted_tables
        }


def test_the_migrations_make_the_tables_that_the_code_uses(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []
        assert revision_of(connection) == newest()


def test_a_database_of_the_first_shape_with_rows_in_it_is_upgraded(database: str, scorer: Any) -> None:
    engine = open_engine(database)
    upgrade(engine, "0001")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO incidents "
                "(reference, version, state, decision, priority, blind, twice, created_at, updated_at) "
                "VALUES ('old', 1, 'waiting', 'flag', 1.5, false, false, :at, :at)"
            ),
            {"at": "2026-01-01T00:00:00.000000Z"},
        )
        connection.execute(
            text(
                "INSERT INTO versions (incident_id, number, at, sender, text, text_sha256, score, stop_cues) VALUES "
                "(1, 1, '2026-01-01T00:00:00.000000Z', 'cad', '\"hearing voices\"', 'x', :score, '[]')"
            ),
            {"score": json.dumps(scorer.score(Narrative.of("hearing voices")).as_dict("old"))},
        )
    engine.dispose()
    store = open_store(database)
    with store.reading() as session:
        incident = known(session, "old")
        assert (incident.held_why, incident.purged_at, incident.versions[0].text) == (None, None, "hearing voices")
    put(store, scorer, "old", "hearing voices again")
    put(store, scorer, "new")
    store.close()


def test_a_database_of_a_later_signpost_is_left_alone(database: str) -> None:
    open_store(database).close()
    engine = open_engine(database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="database-newer"):
        open_store(database)


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite3:///x", "postgresql://secret@127.0.0.1:1/none"])
def test_a_database_that_cannot_be_used_is_said_without_its_address(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert caught.value.code in ("database-url-wrong", "database-unreachable")
    assert "secret" not in str(caught.value)


def test_a_backup_restores_everything_into_either_kind(
    store: Store, scorer: Any, tmp_path: Path, other_database: str
) -> None:
    put(store, scorer, "A", "hearing voices\x00 é 😟")
    put(store, scorer, "B")
    made = backups.backup(store, tmp_path / "backup")
    assert oct((tmp_path / "backup").stat().st_mode & 0o777) == "0o600"
    assert backups.check(tmp_path / "backup") == made
    backups.restore(other_database, tmp_path / "backup")
    again = open_store(other_database)
    assert rows_of(again) == rows_of(store)
    with again.reading() as session:
        assert str(audit.verify(session)) == made.record
    put(again, scorer, "C")  # numbers go on where they were
    again.close()
    with pytest.raises(StoreError, match="store-not-empty"):
        backups.restore(other_database, tmp_path / "backup")


def test_a_backup_of_the_first_shape_restores_into_the_newest(tmp_path: Path, other_database: str) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    upgrade(engine, "0001")
    backups.backup(Store(engine), tmp_path / "backup")
    engine.dispose()
    assert backups.restore(other_database, tmp_path / "backup").revision == "0001"
    again = open_store(other_database)
    with again.reading() as session:
        assert audit.verify(session).entries == 0
    again.close()


@pytest.mark.parametrize("harm", ["cut", "changed", "nothing", "no end"])
def test_a_damaged_backup_is_refused_and_writes_nothing(tmp_path: Path, scorer: Any, harm: str) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'a.db'}")
    put(store, scorer, "A")
    path = tmp_path / "backup"
    backups.backup(store, path)
    store.close()
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(
        {
            "cut": path.read_bytes()[:-40],
            "changed": gzip.compress(b"".join(lines).replace(b"hearing voices", b"bearing voices", 1)),
            "nothing": b"",
            "no end": gzip.compress(b"".join(lines[:-1])),
        }[harm]
    )
    with pytest.raises(StoreError, match="backup-damaged"):
        backups.restore(f"sqlite:///{tmp_path / 'b.db'}", path)
    assert not (tmp_path / "b.db").exists()
