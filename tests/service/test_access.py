import pytest

from model.errors import AccessError
from service.access import Access, digest, mint


def test_lets_in_every_token_whose_digest_it_was_given() -> None:
    access = Access([digest("first"), digest("zweites Wörtchen")])
    assert access.accepts("first")
    assert access.accepts("zweites Wörtchen")


@pytest.mark.parametrize("token", ["", "First", "first ", digest("first"), "\ud800", "\x00"])
def test_lets_in_nothing_else(token: str) -> None:
    assert not Access([digest("first")]).accepts(token)


def test_without_tokens_nobody_gets_in() -> None:
    assert not Access([]).accepts("")


@pytest.mark.parametrize(("token", "code"), [(None, "token-missing"), ("other", "token-wrong")])
def test_says_what_is_wrong_without_repeating_the_token(token: str | None, code: str) -> None:
    with pytest.raises(AccessError) as caught:
        Access([digest("first")]).admit(token)
    assert caught.value.code == code
    assert "other" not in caught.value.detail


def test_each_start_mints_a_token_of_its_own() -> None:
    assert mint() != mint()
    assert len(mint()) >= 40


def test_a_cookie_is_good_for_the_start_that_made_it() -> None:
    access = Access([])
    assert access.knows(access.cookie())
    assert not Access([]).knows(access.cookie())


@pytest.mark.parametrize("forged", ["", ".", "x.y", "x." + "0" * 64, "\ud800.é"])
def test_a_cookie_cannot_be_made_up(forged: str) -> None:
    assert not Access([digest("first")]).knows(forged)


def test_a_form_is_proved_by_its_own_cookie_only() -> None:
    access = Access([])
    mine, theirs = access.cookie(), access.cookie()
    assert access.proves(access.form_proof(mine), mine)
    assert not access.proves(access.form_proof(theirs), mine)
    assert not access.proves("", mine)
