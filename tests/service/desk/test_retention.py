from pathlib import Path

import pytest

from model.errors import ReviewError
from service.desk.register import known
from service.record import audit, retention

from .conftest import CALM, DULL, Desk


def purge(desk: Desk, *, dry_run: bool = False) -> retention.Purged:
    return retention.purge(desk.store, 30, "admin", desk.now, dry_run=dry_run)


def hold(desk: Desk, reference: str, why: str = "inquest") -> None:
    with desk.store.writing() as session:
        retention.hold(session, reference, why, "admin", desk.now)


def settled(desk: Desk, ann, reference: str) -> None:
    desk.put(reference, CALM)
    desk.read_and_decide(ann, reference, "police", why="on their way")


def text_of(desk: Desk, reference: str) -> str | None:
    with desk.store.reading() as session:
        return known(session, reference).versions[-1].text


def test_old_narratives_go_with_their_reasons_and_the_facts_stay(desk: Desk, ann) -> None:
    settled(desk, ann, "A")
    desk.later(days=31)
    assert purge(desk, dry_run=True).purged == 1
    assert text_of(desk, "A") is not None
    assert purge(desk) == retention.Purged(1, 0, 0)
    seen = desk.open(ann, "A")
    assert (seen.text, seen.entries, seen.score["reasons"]) == (None, (), [])
    assert (seen.decisions[0].outcome, seen.score["decision"]) == ("police", "flag")
    with desk.store.reading() as session:
        audit.verify(session)
        assert [e.action for e in audit.entries(session)] == ["scored", "read", "decided", "purged", "read"]
    assert purge(desk).purged == 0


def test_what_is_held_undecided_or_young_stays(desk: Desk, ann) -> None:
    settled(desk, ann, "held")
    hold(desk, "held")
    desk.put("undecided", CALM)
    desk.put("offered", CALM)
    desk.read_and_decide(ann, "offered", "signposted")
    desk.later(days=31)
    settled(desk, ann, "young")
    assert purge(desk) == retention.Purged(0, 1, 2)
    for reference in ("held", "undecided", "offered", "young"):
        assert text_of(desk, reference) is not None


def test_a_released_incident_is_purged_like_any_other(desk: Desk, ann) -> None:
    settled(desk, ann, "A")
    hold(desk, "A")
    with desk.store.writing() as session:
        retention.release(session, "A", "inquest closed", "admin", desk.now)
    desk.later(days=31)
    assert purge(desk).purged == 1
    with pytest.raises(ReviewError, match="purged"):
        hold(desk, "A")


def test_a_pass_that_nobody_was_asked_about_is_purged_too(desk: Desk) -> None:
    desk.put("A", DULL)
    desk.later(days=31)
    assert purge(desk).purged == 1


def test_new_text_on_a_purged_incident_is_scored_like_any(desk: Desk, ann) -> None:
    settled(desk, ann, "A")
    desk.later(days=31)
    purge(desk)
    assert desk.put("A", CALM).version == 1
    assert desk.put("A", CALM + "\nmore").version == 2


def test_what_is_purged_is_in_no_file_of_the_database(desk: Desk, ann, database: str) -> None:
    if not database.startswith("sqlite"):
        pytest.skip("PostgreSQL keeps its files to itself")
    desk.put("A", "Xylophone neighbour hearing voices")
    desk.read_and_decide(ann, "A", "police")
    desk.later(days=31)
    purge(desk)
    desk.store.close()
    for file in Path(database.removeprefix("sqlite:///")).parent.iterdir():
        assert b"Xylophone" not in file.read_bytes()
