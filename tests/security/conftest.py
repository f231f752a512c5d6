"""A desk to attack: a running service with a store of its own, and browsers of people who were let in."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from service import tokens
from service.app import create_app
from service.parts import Parts
from service.settings import Settings
from tests.service.conftest import (  # noqa: F401 - two of them are fixtures
    _database_of_this_run,
    fresh_database,
    scorer,
)
from tests.service.conftest import (
    _serving as serving,
)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the service answers, and the parts of it."""

    address: str
    parts: Parts
    stack: contextlib.ExitStack

    def token(self, role: str = "administrator", name: str = "") -> str:
        """A token for somebody."""
        with self.parts.store.writing() as session:
            return tokens.create(session, role, name or role, "test", datetime.now(UTC))

    def machine(self, role: str = "administrator", name: str = "") -> httpx.Client:
        """A client with a token."""
        headers = {"Authorization": f"Bearer {self.token(role, name)}"}
        return self.stack.enter_context(httpx.Client(base_url=self.address, headers=headers))

    def browser(self, role: str = "administrator", name: str = "") -> httpx.Client:
        """A browser that was let in, and follows no redirect."""
        browser = self.stack.enter_context(httpx.Client(base_url=self.address))
        browser.get("/", params={"token": self.token(role, name)})
        return browser


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def desk(request: pytest.FixtureRequest, scorer: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:  # noqa: F811
    """A desk on each kind of database."""
    folder = tmp_path_factory.mktemp("desk")
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(fresh_database(request.param, folder))
        settings = Settings(database=database, blind_every=0, second_reader_share=1, profiles=folder / "profiles")
        app = create_app(settings, scorer)
        stack.callback(app.state.parts.store.close)
        yield Desk(stack.enter_context(serving(app)), app.state.parts, stack)


def proof(browser: httpx.Client, place: str = "/guide") -> str:
    """The proof that a page's form carries."""
    return re.findall(r'name="proof" value="([^"]*)"', browser.get(place).text)[0]
