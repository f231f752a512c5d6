from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from model.errors import StoreError
from service.record import audit
from service.store import Store

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def filled(store: Store) -> Store:
    with store.writing() as session:
        for number in range(1, 8):
            audit.append(session, f"ann{number % 2}", "read", f"R{number}", NOW, {"n": number})
    return store


def tamper(store: Store, *statements: str) -> None:
    """As somebody would who has the database in hand and has taken its guards away."""
    sqlite = store.engine.dialect.name == "sqlite"
    with store.engine.begin() as connection:
        for verb in ("UPDATE", "DELETE"):
            connection.execute(text(f"DROP TRIGGER audit_no_{verb}" + ("" if sqlite else " ON audit")))
        for statement in statements:
            connection.execute(text(statement))


def broken(store: Store, words: str, noted: audit.Chain | None = None) -> None:
    with store.reading() as session, pytest.raises(StoreError, match=words) as caught:
        audit.verify(session, noted)
    assert caught.value.code == "record-broken"


def test_a_record_that_nobody_touched_holds(filled: Store) -> None:
    with filled.reading() as session:
        assert audit.verify(session).entries == 7


@pytest.mark.parametrize(
    ("column", "value"),
    [("at", "2026-11-22T03:00:01.000000Z"), ("actor", "eve"), ("action", "hid"), ("reference", "X"), ("facts", "{}")],
)
def test_any_changed_field_is_found_where_it_is(filled: Store, column: str, value: str) -> None:
    tamper(filled, f"UPDATE audit SET {column} = '{value}' WHERE seq = 4")
    broken(filled, "Entry 4 was changed")


def test_a_gap_is_found(filled: Store) -> None:
    tamper(filled, "DELETE FROM audit WHERE seq IN (3, 4)")
    broken(filled, "After entry 2 comes entry 5: 2 between")


def test_a_cut_tail_is_found(filled: Store) -> None:
    tamper(filled, "DELETE FROM audit WHERE seq > 5")
    broken(filled, "ends at entry 5, but it had 7")


def test_a_changed_order_is_found(filled: Store) -> None:
    tamper(
        filled,
        "UPDATE audit SET seq = 99 WHERE seq = 2",
        "UPDATE audit SET seq = 2 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 99",
    )
    broken(filled, "Entry 2 does not follow from entry 1")


def test_a_tail_cut_with_its_head_is_found_by_whoever_noted_the_head(filled: Store) -> None:
    with filled.reading() as session:
        noted = audit.head(session)
        third = next(e for e in audit.entries(session) if e.seq == 3)
        kept = third.hash
    tamper(filled, "DELETE FROM audit WHERE seq > 3", f"UPDATE audit_head SET entries = 3, hash = '{kept}'")
    with filled.reading() as session:
        audit.verify(session)
    broken(filled, "had 7", noted)


def test_a_record_made_anew_is_found_by_whoever_noted_a_link(filled: Store) -> None:
    with filled.reading() as session:
        noted = audit.head(session)
    tamper(filled, "DELETE FROM audit", f"UPDATE audit_head SET entries = 0, hash = '{audit.BEGINNING}'")
    with filled.writing() as session:
        for number in range(1, 9):
            audit.append(session, "eve", "read", f"R{number}", NOW, {})
    with filled.reading() as session:
        audit.verify(session)
    broken(filled, "Entry 7 is not the one that was noted", noted)


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'eve'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_the_record(filled: Store, statement: str) -> None:
    with pytest.raises(DBAPIError, match="only grows"), filled.engine.begin() as connection:
        connection.execute(text(statement))


def test_what_fails_leaves_no_link_behind(filled: Store) -> None:
    def fail_after_a_link() -> None:
        with filled.writing() as session:
            audit.append(session, "ann", "read", "R", NOW, {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_a_link()
    with filled.reading() as session:
        assert audit.verify(session).entries == 7


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"reference": "R3"}, [3]),
        ({"actor": "ann0"}, [2, 4, 6]),
        ({"action": "wrote"}, []),
        ({"since": NOW}, [1, 2, 3, 4, 5, 6, 7]),
        ({"until": NOW}, []),
    ],
)
def test_an_export_holds_what_was_asked_for(filled: Store, filters: dict[str, Any], expected: list[int]) -> None:
    import json

    with filled.reading() as session:
        links = [json.loads(line) for line in audit.export(session, audit.Filters(**filters))]
    assert [link["seq"] for link in links] == expected
    assert all(audit.digest(link) == link["hash"] for link in links)
