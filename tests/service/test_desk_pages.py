"""The desk's pages as HTML, over a socket: who sees what, and what goes wrong."""

import contextlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from service import tokens
from service.app import create_app
from service.desk import incidents, samples
from service.desk.destinations import read_destinations
from service.parts import Parts
from service.record import retention
from service.settings import Settings
from service.store import open_store

CALM = "Sister talking to the walls again, no threats."
RISKY = CALM + " She has a knife."
SCREENS = ("/queue", "/incidents/A", "/assurance", "/record", "/guide", "/")


class Desk:
    """A service with a store of its own, and a browser for each person."""

    def __init__(self, app: FastAPI, address: str, stack: contextlib.ExitStack) -> None:
        self.parts: Parts = app.state.parts
        self._scorer = self.parts.readiness.scorer()
        self._address, self._stack = address, stack

    def put(self, reference: str, text: str) -> None:
        log = incidents.Log(reference, text, "cad")
        incidents.receive(self.parts.store, self._scorer, log, self.parts.settings, datetime.now(UTC))

    def browser(self, role: str, name: str = "") -> httpx.Client:
        with self.parts.store.writing() as session:
            token = tokens.create(session, role, name or role, "test", datetime.now(UTC))
        browser = self._stack.enter_context(httpx.Client(base_url=self._address, follow_redirects=True))
        browser.get("/", params={"token": token})
        return browser


@pytest.fixture
def make_desk(serve: Callable[[FastAPI], str], scorer: Any, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    with contextlib.ExitStack() as stack:

        def make(by: Any = scorer, **settings: Any) -> Desk:
            chosen = {"blind_every": 0, "second_reader_share": 0} | settings
            app = create_app(Settings(database=f"sqlite:///{tmp_path / 'desk.db'}", **chosen), by)
            return Desk(app, serve(app), stack)

        yield make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()


def post(browser: httpx.Client, place: str, **fields: str) -> httpx.Response:
    """Post a form, with the proof and the hidden version that the page at this place holds."""
    shown = browser.get(place).text
    hidden = dict(re.findall(r'name="(proof|version)" value="([^"]*)"', shown))
    return browser.post(place, data=hidden | fields)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("scorer", {"/guide", "/"}),
        ("reviewer", {"/queue", "/incidents/A", "/guide", "/"}),
        ("supervisor", {"/queue", "/incidents/A", "/assurance", "/guide", "/"}),
        ("auditor", {"/record", "/guide"}),
        ("administrator", set(SCREENS)),
    ],
)
def test_each_role_sees_its_own_pages_and_a_page_that_refuses_the_others(
    desk: Desk, role: str, allowed: set[str]
) -> None:
    desk.put("A", CALM)
    browser = desk.browser(role)
    answers = {place: browser.get(place) for place in SCREENS}
    assert {place for place, answer in answers.items() if answer.status_code == 200} == allowed
    for answer in answers.values():
        assert answer.headers["content-type"].startswith("text/html")
        assert '<a href="/guide"' in answer.text
    for place in set(SCREENS) - allowed:
        assert answers[place].status_code == 403
        assert "This token may not do that" in answers[place].text


@pytest.mark.parametrize(
    ("role", "first"), [("reviewer", "/queue"), ("supervisor", "/queue"), ("auditor", "/record"), ("scorer", "/")]
)
def test_everybody_begins_where_their_work_is(desk: Desk, role: str, first: str) -> None:
    with desk.parts.store.writing() as session:
        token = tokens.create(session, role, role, "test", datetime.now(UTC))
    response = httpx.get(desk.browser(role).base_url.join("/"), params={"token": token})
    assert (response.status_code, response.headers["location"]) == (303, first)


@pytest.mark.parametrize("place", ["/queue", "/incidents/A", "/readings/1", "/assurance", "/record", "/queue/news"])
def test_a_stranger_sees_only_the_way_in(desk: Desk, place: str) -> None:
    desk.put("A", CALM)
    response = httpx.get(desk.browser("scorer").base_url.join(place))
    assert response.status_code == 401
    assert "open the address that it printed" in response.text


@pytest.mark.parametrize("place", ["/queue", "/incidents/A", "/record", "/shortcuts", "/sign-out"])
def test_a_form_of_another_site_does_nothing(desk: Desk, place: str) -> None:
    desk.put("A", CALM)
    browser = desk.browser("administrator")
    response = browser.post(place, data={"act": "decide", "outcome": "police", "version": "1", "proof": "0" * 64})
    assert response.status_code == 403
    assert "The form has expired" in response.text
    assert "Waiting for a person" in browser.get("/incidents/A").text


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({}, "outcome", "Choose what happens with this call"),
        ({"outcome": "close it"}, "outcome", "Choose what happens with this call"),
        ({"outcome": "signposted"}, "destination", "Choose the service that the call goes to"),
        ({"outcome": "signposted", "destination": "moon"}, "destination", "Say which service"),
        ({"outcome": "other"}, "why", "Say what happens instead"),
        ({"outcome": "police", "why": "x" * 2001}, "why", "The reason must be 2,000 characters or fewer"),
        ({"act": "reopen"}, "again", "Say why it is opened again"),
    ],
)
def test_a_fault_is_summed_up_and_said_beside_its_field(
    desk: Desk, fields: dict[str, str], field: str, said: str
) -> None:
    desk.put("A", CALM)
    response = post(desk.browser("supervisor"), "/incidents/A", **({"act": "decide"} | fields))
    assert response.status_code in (409, 422)
    assert "There is a problem" in response.text
    assert f'<a href="#{field}">{said}' in response.text
    assert response.text.index("<title>Error: ")
    assert field == "again" or f'id="{field}-error"' in response.text
    assert field == "again" or re.search(rf'id="?{field}"?[^>]*aria-invalid="true"', response.text)


def test_what_was_typed_stays_when_the_log_has_grown_meanwhile(desk: Desk) -> None:
    desk.put("A", CALM)
    ann = desk.browser("reviewer")
    proof = re.findall(r'name="proof" value="([^"]*)"', ann.get("/incidents/A").text)[0]
    desk.put("A", RISKY)
    response = ann.post(
        "/incidents/A", data={"proof": proof, "act": "decide", "version": "1", "outcome": "police", "why": "<b>mine"}
    )
    assert response.status_code == 409
    assert "The incident is at version 2 by now" in response.text
    assert "&lt;b&gt;mine</textarea>" in response.text
    assert 'name="version" value="2"' in response.text
    assert "new since it was last read" in response.text


def test_a_blind_look_shows_the_words_and_nothing_of_the_score(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(blind_every=1)
    desk.put("A", CALM)
    ann = desk.browser("administrator")
    shown = ann.get("/incidents/A").text
    assert CALM in shown
    for telling in ("<mark", "94%", "Likely enough", "Flag", "/record?reference"):
        assert telling not in re.sub(r"<nav.*?</nav>", "", shown, flags=re.DOTALL)
    assert "94%" not in ann.get("/queue").text
    post(ann, "/incidents/A", act="decide", outcome="police")
    assert "<mark" in ann.get("/incidents/A").text


def test_what_a_reader_took_from_each_clause_is_shown_and_said_to_be_found_by_trying(
    make_desk: Callable[..., Desk], reading_scorer: Any
) -> None:
    desk = make_desk(by=reading_scorer)
    desk.put("A", CALM)
    shown = desk.browser("reviewer").get("/incidents/A").text
    assert "What the reader took from each clause" in shown
    assert "Found by trying" in shown
    assert re.search(r"<bdi>Sister talking to the walls again</bdi></th>\s*<td>.*Mental health</td>", shown)


def test_a_blind_look_and_a_model_without_a_reader_say_nothing_of_one(
    make_desk: Callable[..., Desk], reading_scorer: Any, desk: Desk
) -> None:
    blind = make_desk(by=reading_scorer, blind_every=1)
    blind.put("B", CALM)
    desk.put("A", CALM)
    assert "reader took" not in blind.browser("reviewer").get("/incidents/B").text
    assert "reader took" not in desk.browser("reviewer").get("/incidents/A").text


def test_whoever_has_it_open_is_named_and_nobody_else_decides(desk: Desk) -> None:
    desk.put("A", CALM)
    ann, ben = desk.browser("reviewer", "ann"), desk.browser("reviewer", "ben")
    ann.get("/incidents/A")
    assert "ann has it open" in ben.get("/queue").text
    shown = ben.get("/incidents/A").text
    assert "<bdi>ann</bdi> has this open." in shown
    assert 'value="decide"' not in shown
    assert "Nothing is waiting that nobody else has open." in post(ben, "/queue", act="next").text
    assert post(ben, "/incidents/A", act="decide", version="1", outcome="police").status_code == 409


def test_a_second_reader_does_not_see_the_first_decision_and_a_supervisor_sees_both(
    make_desk: Callable[..., Desk],
) -> None:
    desk = make_desk(second_reader_share=1)
    desk.put("A", CALM)
    ann, ben, sue = desk.browser("reviewer", "ann"), desk.browser("reviewer", "ben"), desk.browser("supervisor", "sue")
    post(ann, "/incidents/A", act="decide", outcome="other", why="her GP knows")
    assert "/readings/1" not in ann.get("/queue").text
    shown = ben.get("/readings/1").text
    assert "her GP knows" not in shown
    assert "Second reading" in shown and "Decide it as if you were the first." in shown
    assert post(ben, "/readings/1").status_code == 422
    post(ben, "/readings/1", outcome="police", why="I would go")
    assert "Readers disagree" in sue.get("/queue").text
    shown = sue.get("/readings/1").text
    assert "her GP knows" in shown and "I would go" in shown
    assert "Settle a disagreement" in shown and "Your decision counts." in shown
    assert "1 disagreement" in sue.get("/assurance").text
    post(sue, "/readings/1", outcome="police")
    assert "Readers disagree: settle it" not in sue.get("/queue").text


def test_the_record_tells_one_incident_in_order_and_checks_the_whole(desk: Desk) -> None:
    desk.put("..", CALM)
    ann, eve = desk.browser("reviewer", "ann"), desk.browser("auditor")
    post(ann, "/incidents?reference=..", act="decide", outcome="police", why="in doubt")
    shown = eve.get("/record", params={"reference": ".."}).text
    told = [shown.index(words) for words in ("The log came in and was scored", "<strong>Read</strong>", "Decided")]
    assert told == sorted(told)
    assert "in doubt" in shown and "walls" not in shown
    assert "It is whole." in post(eve, "/record").text
    with desk.parts.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_head SET entries = entries + 1")
    assert "its tail was cut off" in post(eve, "/record").text


def test_an_auditor_holds_an_incident_and_lifts_the_hold_each_with_a_reason(desk: Desk) -> None:
    desk.put("A/1", CALM)
    eve = desk.browser("auditor", "eve")
    place = "/record?reference=A/1"
    assert "Not held." in eve.get(place).text
    refused = post(eve, place, act="hold", reference="A/1", why=" ")
    assert refused.status_code == 422
    assert '<a href="#why">Say why it is held' in refused.text
    shown = post(eve, place, act="hold", reference="A/1", why="inquest <7>").text
    assert "<q><bdi>inquest &lt;7&gt;</bdi></q>" in shown
    assert "Put a legal hold on it</strong>, <bdi>eve</bdi>" in shown
    assert "inquest &lt;7&gt;" in eve.get("/record").text
    with desk.parts.store.reading() as session:
        assert retention.under_hold(session)[0].held_why == "inquest <7>"
    assert "Say why the hold ends" in post(eve, place, act="release", reference="A/1").text
    assert "Not held." in post(eve, place, act="release", reference="A/1", why="closed").text
    assert "inquest" not in eve.get("/record").text
    assert post(eve, place, act="hold", reference="nowhere", why="x").status_code == 404


def test_a_hold_is_an_auditors_and_an_administrators_to_set(desk: Desk) -> None:
    desk.put("A", CALM)
    for role in ("scorer", "reviewer", "supervisor"):
        browser = desk.browser(role)
        proof = re.findall(r'name="proof" value="([^"]*)"', browser.get("/guide").text)[0]
        fields = {"proof": proof, "act": "hold", "reference": "A", "why": "x"}
        assert browser.post("/record", data=fields).status_code == 403
    fields = {"proof": "0" * 64, "act": "hold", "reference": "A", "why": "x"}
    assert desk.browser("auditor").post("/record", data=fields).status_code == 403
    with desk.parts.store.reading() as session:
        assert retention.under_hold(session) == ()


@pytest.mark.parametrize("reference", ["a/b", "é 😟", "100%", "..", "x?y#z", 'q"<i>'])
def test_the_queue_leads_to_every_reference(desk: Desk, reference: str) -> None:
    desk.put(reference, CALM)
    ann = desk.browser("reviewer")
    found = ann.get("/incidents", params={"reference": reference})
    assert found.status_code == 200
    assert quote(reference, safe="") in str(found.url) or reference == ".."
    assert post(ann, "/queue", act="next").url == found.url


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", ""])
def test_the_shortcuts_form_leads_nowhere_else(desk: Desk, back: str) -> None:
    ann = desk.browser("reviewer")
    proof = re.findall(r'name="proof" value="([^"]*)"', ann.get("/queue").text)[0]
    response = ann.post("/shortcuts", data={"proof": proof, "back": back, "shortcuts": "off"}, follow_redirects=False)
    assert response.headers["location"] == "/queue"
    assert 'data-shortcuts="off"' in ann.get("/queue").text


def test_no_page_holds_what_the_policy_forbids(desk: Desk) -> None:
    desk.put("A", CALM)
    browser = desk.browser("administrator")
    for place in SCREENS:
        shown = browser.get(place).text
        assert not re.search(r"<script>|<script(?! src=\"/static/)|<style|\sstyle=|\son[a-z]+=|javascript:", shown)
    policy = browser.get("/queue").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy


def test_samples_fill_an_empty_store_with_every_state(tmp_path: Path, scorer: Any) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'demo.db'}")
    settings, destinations = Settings(), read_destinations()
    assert samples.fill(store, scorer, settings, destinations, datetime.now(UTC)) > 30
    assert samples.fill(store, scorer, settings, destinations, datetime.now(UTC)) == 0
    with store.reading() as session:
        assert samples.present(session)
    store.close()


def test_samples_never_enter_a_store_in_which_something_has_happened(tmp_path: Path, scorer: Any) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'real.db'}")
    with store.writing() as session:
        tokens.create(session, "reviewer", "ann", "test", datetime.now(UTC))
    assert samples.fill(store, scorer, Settings(), read_destinations(), datetime.now(UTC)) == 0
    with store.reading() as session:
        assert not samples.present(session)
    store.close()
