import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.errors import AccessError
from service import access, tokens
from service.access import Access, form_proof, given, proves
from service.settings import Settings
from service.store import Store, open_store
from service.tokens import digest, mint

NOW = datetime.now(UTC)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'access.db'}")
    yield opened
    opened.close()


@pytest.fixture
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_REMEMBERED_SECONDS", 0.0)


def door(store: Store, *known: str, **settings: object) -> Access:
    return Access(store, given(map(digest, known), None), Settings(**settings))  # type: ignore[arg-type]


def admit(access: Access, token: str | None):
    return asyncio.run(access.admit(token, "10.0.0.1"))


def test_lets_in_every_token_whose_digest_it_was_given_under_a_name_of_its_own(kept: Store) -> None:
    inside = door(kept, "first", "zweites Wörtchen")
    people = {admit(inside, "first"), admit(inside, "zweites Wörtchen")}
    assert len({person.name for person in people}) == 2
    assert {person.role for person in people} == {"administrator"}


@pytest.mark.parametrize("token", ["", "First", "first ", digest("first"), "\ud800", "\x00"])
def test_lets_in_nothing_else(kept: Store, token: str) -> None:
    with pytest.raises(AccessError, match="token-wrong"):
        admit(door(kept, "first"), token)


@pytest.mark.parametrize(("token", "code"), [(None, "token-missing"), ("other", "token-wrong")])
def test_says_what_is_wrong_without_repeating_the_token(kept: Store, token: str | None, code: str) -> None:
    with pytest.raises(AccessError) as caught:
        admit(door(kept, "first"), token)
    assert caught.value.code == code
    assert "other" not in caught.value.detail


def test_each_start_mints_a_token_of_its_own() -> None:
    assert mint() != mint()
    assert len(mint()) >= 40


def test_a_token_made_here_opens_the_door_until_it_is_revoked(kept: Store, no_memory: None) -> None:
    inside = door(kept)
    with kept.writing() as session:
        token = tokens.create(session, "reviewer", "ann", "admin", NOW)
    assert (admit(inside, token).name, admit(inside, token).role) == ("ann", "reviewer")
    with kept.writing() as session:
        tokens.revoke(session, 1, "admin", NOW)
    with pytest.raises(AccessError, match="token-wrong"):
        admit(inside, token)


def test_the_store_holds_no_token_and_no_cookie(kept: Store) -> None:
    with kept.writing() as session:
        token = tokens.create(session, "reviewer", "ann", "admin", NOW)
    cookie = asyncio.run(door(kept).let_in(token, "10.0.0.1"))
    kept.close()
    for file in Path(str(kept.engine.url.database)).parent.iterdir():
        assert token.encode() not in file.read_bytes()
        assert cookie.encode() not in file.read_bytes()


@pytest.mark.parametrize(("role", "name"), [("boss", "ann"), ("reviewer", " "), ("reviewer", "a\nb")])
def test_a_token_for_nobody_is_not_made(kept: Store, role: str, name: str) -> None:
    with kept.writing() as session, pytest.raises(AccessError, match="token-invalid"):
        tokens.create(session, role, name, "admin", NOW)


def test_a_cookie_is_good_in_every_process_while_its_token_is(kept: Store, no_memory: None) -> None:
    with kept.writing() as session:
        token = tokens.create(session, "supervisor", "sue", "admin", NOW)
    cookie = asyncio.run(door(kept).let_in(token, "10.0.0.1"))
    person = asyncio.run(door(kept).person_of(cookie))
    assert person is not None and person.name == "sue"
    with kept.writing() as session:
        tokens.revoke(session, 1, "admin", NOW)
    assert asyncio.run(door(kept).person_of(cookie)) is None


def test_a_cookie_of_a_printed_token_ends_with_its_start(kept: Store) -> None:
    cookie = asyncio.run(door(kept, "this start").let_in("this start", "10.0.0.1"))
    assert asyncio.run(door(kept, "this start").person_of(cookie)) is not None
    assert asyncio.run(door(kept, "next start").person_of(cookie)) is None


def test_a_cookie_ends_with_its_time_and_when_it_is_let_out(kept: Store) -> None:
    short = door(kept, "first", session_hours=1e-9)
    assert asyncio.run(short.person_of(asyncio.run(short.let_in("first", "10.0.0.1")))) is None
    inside = door(kept, "first")
    cookie = asyncio.run(inside.let_in("first", "10.0.0.1"))
    asyncio.run(inside.let_out(cookie))
    assert asyncio.run(inside.person_of(cookie)) is None


@pytest.mark.parametrize("forged", ["", ".", "x.y", "first", digest("first"), "\ud800.é"])
def test_a_cookie_cannot_be_made_up(kept: Store, forged: str) -> None:
    assert asyncio.run(door(kept, "first").person_of(forged)) is None


def test_a_form_is_proved_by_its_own_cookie_only() -> None:
    mine, theirs = mint(), mint()
    assert proves(form_proof(mine), mine)
    assert not proves(form_proof(theirs), mine)
    assert not proves("", mine)


def test_wrong_tokens_are_slowed_by_address_and_right_ones_are_not(kept: Store) -> None:
    inside = door(kept, "first", rate_failures="3/minute")
    for _ in range(3):
        with pytest.raises(AccessError, match="token-wrong"):
            admit(inside, "guess")
    with pytest.raises(AccessError, match="too-many-requests"):
        admit(inside, "guess")
    assert admit(inside, "first")
    with pytest.raises(AccessError, match="token-wrong"):
        asyncio.run(inside.admit("guess", "10.0.0.2"))


def test_a_token_that_asks_too_often_is_told_to_wait(kept: Store) -> None:
    inside = door(kept, "first", "second", rate_per_token="2/minute")
    admit(inside, "first"), admit(inside, "first")
    with pytest.raises(AccessError, match="too-many-requests"):
        admit(inside, "first")
    assert admit(inside, "second")
