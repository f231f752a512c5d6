"""The desk in a real browser: an incident's whole way by keyboard, and the same without any script."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from service import tokens
from service.app import create_app
from service.parts import Parts
from service.record import audit
from service.settings import Settings
from service.store.tables import Incident

CALM = "0201 Sister talking to the walls again, no weapons, mum with her."
RISKY = CALM + "\n0214 Mum again: she has a knife now."
Violations = Callable[[Page], list[str]]


class Desk:
    """A running service with a store of its own, and a machine that sends logs to it."""

    def __init__(self, app: FastAPI, address: str) -> None:
        self.parts: Parts = app.state.parts
        self.address = address
        self.machine = httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {self.token('scorer', 'control room')}"}
        )

    def token(self, role: str, name: str) -> str:
        with self.parts.store.writing() as session:
            return tokens.create(session, role, name, "test", datetime.now(UTC))

    def put(self, reference: str, text: str) -> Any:
        return self.machine.put(f"/v1/incidents/{reference}", json={"text": text}).raise_for_status().json()

    def enter(self, page: Page, role: str, name: str) -> Page:
        page.goto(f"{self.address}/?token={self.token(role, name)}")
        return page


@pytest.fixture
def desk(serve: Callable[[FastAPI], str], scorer: Any, tmp_path: Path) -> Iterator[Desk]:
    database = f"sqlite:///{tmp_path / 'desk.db'}"
    settings = Settings(database=database, blind_every=0, second_reader_share=0, poll_seconds=0.2)
    app = create_app(settings, scorer)
    desk = Desk(app, serve(app))
    yield desk
    desk.machine.close()


def test_from_the_first_flag_to_the_accepted_handover_by_keyboard(
    desk: Desk, browser: Browser, violations: Violations
) -> None:
    with browser.new_context() as context:
        page = desk.enter(context.new_page(), "reviewer", "ann")
        expect(page).to_have_url(f"{desk.address}/queue")
        expect(page.get_by_text("Nothing is waiting for a person.")).to_be_visible()

        # It arrives, and is announced without moving anything.
        assert desk.put("0417", CALM)["decision"] == "flag"
        expect(page.get_by_role("status")).to_have_text("1 new: show")
        assert page.locator("li[data-reference]").count() == 0
        with page.expect_navigation():
            page.get_by_role("link", name="show").click()
        with page.expect_navigation():
            page.keyboard.press("n")
        expect(page).to_have_url(f"{desk.address}/incidents/0417")
        expect(page.locator("mark").first).to_contain_text("talking")

        # Three keys: choose, service, confirm.
        page.keyboard.press("1")
        page.keyboard.press("d")
        expect(page.get_by_role("button", name="Confirm: signpost to a service, Crisis team (CRHT)")).to_be_visible()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.get_by_text("Signposted: 0417")).to_be_visible()
        expect(page.locator(".undo .hint")).to_have_text(re.compile(r"\d+ seconds left"))
        expect(page.get_by_role("heading", name="Handed over, to be confirmed")).to_be_visible()

        # Taken back, and decided again.
        with page.expect_navigation():
            page.keyboard.press("u")
        expect(page.get_by_text("taken back")).to_be_visible()
        page.keyboard.press("1")
        page.keyboard.press("d")
        with page.expect_navigation():
            page.keyboard.press("Enter")

        # A new entry: back at the top, announced, and marked.
        assert desk.put("0417", RISKY)["escalated"] is True
        expect(page.locator("[data-news]")).to_have_text("1 escalated: show")
        with page.expect_navigation():
            page.get_by_role("link", name="show").click()
        expect(page.locator("ol.queue li").first).to_contain_text("Escalated")
        with page.expect_navigation():
            page.keyboard.press("n")
        expect(page.locator(".entry.new")).to_contain_text("knife")
        expect(page.locator(".entry.new .label")).to_contain_text("Newest entry")
        assert violations(page) == []
        page.keyboard.press("1")
        page.keyboard.press("a")
        with page.expect_navigation():
            page.keyboard.press("Enter")

        # Refused: it comes back. Decided again, and accepted.
        with page.expect_navigation():
            page.get_by_role("link", name="0417", exact=True).last.click()
        page.get_by_label("Refused").check()
        with page.expect_navigation():
            page.get_by_role("button", name="Record the answer").press("Enter")
        expect(page.locator("ol.queue li").first).to_contain_text("Hand-over refused")
        with page.expect_navigation():
            page.get_by_role("link", name="0417", exact=True).last.click()
        page.keyboard.press("1")
        page.keyboard.press("d")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        with page.expect_navigation():
            page.get_by_role("link", name="0417", exact=True).last.click()
        page.get_by_label("Accepted").check()
        page.get_by_role("textbox", name="Who said so").fill("Jo, crisis team")
        with page.expect_navigation():
            page.get_by_role("button", name="Record the answer").press("Enter")
        expect(page.get_by_text("Nothing is waiting for a person.")).to_be_visible()
    with desk.parts.store.reading() as session:
        assert audit.verify(session).entries > 10
        actions = [entry.action for entry in audit.entries(session, audit.Filters(reference="0417"))]
    wanted = ["scored", "decided", "taken-back", "escalated", "decided", "handover-refused", "handover-accepted"]
    assert [action for action in wanted if action in actions] == wanted


def test_the_same_without_any_script(desk: Desk, browser: Browser) -> None:
    desk.put("a/b", CALM)
    with browser.new_context(java_script_enabled=False) as context:
        page = desk.enter(context.new_page(), "reviewer", "ann")
        expect(page.get_by_text("Shortcut keys")).to_be_hidden()
        page.get_by_role("button", name="Take the next").click()
        expect(page).to_have_url(f"{desk.address}/incidents/a%2Fb")
        page.get_by_role("button", name="Confirm").click()
        page.get_by_role("link", name="Choose what happens with this call").click()
        page.get_by_label("Signpost to a service").check()
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("alert")).to_contain_text("Choose the service that the call goes to")
        page.get_by_label("Crisis team").check()
        page.get_by_role("textbox", name="Why").fill("Mum is there")
        page.get_by_role("button", name="Confirm").click()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("taken back")).to_be_visible()
        page.get_by_label("Police attend").check()
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_text("Nothing is waiting for a person.")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        assert (answer := page.goto(f"{desk.address}/queue")) and answer.status == 401


def test_shortcuts_can_be_turned_off_for_good(desk: Desk, browser: Browser) -> None:
    desk.put("0417", CALM)
    with browser.new_context() as context:
        page = desk.enter(context.new_page(), "reviewer", "ann")
        page.get_by_role("button", name="Turn them off").click()
        expect(page).to_have_url(f"{desk.address}/queue")
        page.goto(f"{desk.address}/incidents/0417")
        page.keyboard.press("2")
        expect(page.get_by_label("Police attend")).not_to_be_checked()
        assert page.locator("kbd").count() == 0


def test_an_open_incident_says_that_its_log_has_grown(desk: Desk, browser: Browser) -> None:
    desk.put("0417", CALM)
    with browser.new_context() as context:
        page = desk.enter(context.new_page(), "reviewer", "ann")
        page.goto(f"{desk.address}/incidents/0417")
        page.get_by_role("textbox", name="Why").fill("half a thought 123")
        desk.put("0417", CALM + "\n0209 Dad is on his way.")
        expect(page.locator("[data-news]")).to_have_text("This log has grown: show")
        assert page.get_by_role("textbox", name="Why").input_value() == "half a thought 123"
        page.get_by_label("Police attend").check()
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("alert")).to_contain_text("The incident is at version 2 by now")
        expect(page.get_by_label("Police attend")).to_be_checked()
        expect(page.locator(".entry.new")).to_contain_text("Dad is on his way")


@pytest.fixture(params=["light", "dark"])
def samples(
    serve: Callable[[FastAPI], str],
    flagging: Any,
    browser: Browser,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """An administrator in front of the made-up night, in a light and in a dark room."""
    settings = Settings(demo=True, database=f"sqlite:///{tmp_path / 'demo.db'}")
    app = create_app(settings, flagging, "token")
    address = serve(app)
    with app.state.parts.store.reading() as session:
        while "SAMPLE-letters" not in session.scalars(select(Incident.reference)).all():
            session.rollback()
    with browser.new_context(color_scheme=request.param, base_url=address) as context:
        page = context.new_page()
        page.goto("/?token=token")
        expect(page).to_have_url(f"{address}/queue")
        yield page


@pytest.fixture
def flagging(scorer: Any) -> Any:
    """A scorer that flags everything, so that every sample is in the queue."""

    class Flagging(type(scorer)):  # type: ignore[misc]
        def score(self, narrative: Any) -> Any:
            return replace(super().score(narrative), decision="flag")

    return Flagging()


def test_every_page_is_accessible_and_fits_a_narrow_window(samples: Page, violations: Violations) -> None:
    refused: list[str] = []
    samples.on("console", lambda message: refused.append(message.text))
    reading = samples.locator("a[href^='/readings/']").first.get_attribute("href")
    for place in (
        "/queue",
        "/incidents/SAMPLE-radio",
        "/incidents/SAMPLE-kettle",
        "/incidents/SAMPLE-ferry",
        str(reading),
        "/assurance?days=1",
        "/record?reference=SAMPLE-river",
        "/guide",
        "/",
    ):
        answer = samples.goto(place)
        assert answer and answer.status == 200, place
        expect(samples.get_by_text("None of them is a call.")).to_be_visible()
        assert violations(samples) == [], place
        samples.set_viewport_size({"width": 320, "height": 800})
        assert samples.evaluate("document.documentElement.scrollWidth") <= 320, place
        assert violations(samples) == [], place
        samples.set_viewport_size({"width": 1100, "height": 800})
    assert refused == []
