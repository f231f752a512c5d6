"""What machines and reviewers get, over a socket."""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import pytest
from fastapi import FastAPI

from service import tokens
from service.app import create_app
from service.parts import Parts
from service.schemas import IncidentBody, Problem, QueueBody, SeenBody, Standing
from service.settings import Settings

CALM = "Sister talking to the walls again, no threats."
RISKY = CALM + " She has a knife."
Client = Callable[[str], httpx.Client]


@pytest.fixture
def as_role(serve: Callable[[FastAPI], str], scorer: Any, tmp_path: Path) -> Iterator[Client]:
    """Clients by role, of a service with a store of its own. ``reviewer`` and ``reviewer 2`` are two people."""
    yield from clients(serve, scorer, tmp_path, blind_every=0)


@pytest.fixture
def as_role_drawn(serve: Callable[[FastAPI], str], scorer: Any, tmp_path: Path) -> Iterator[Client]:
    """The same where every incident is drawn for a blind look, nothing can be taken back, and verdicts are weighed at
    once."""
    yield from clients(serve, scorer, tmp_path, blind_every=1, undo_seconds=0, weigh_seconds=0.1)


def clients(serve: Callable[[FastAPI], str], scorer: Any, folder: Path, **chosen: float) -> Iterator[Client]:
    settings = Settings(database=f"sqlite:///{folder / 'desk.db'}", models=folder, second_reader_share=0, **chosen)
    app = create_app(settings, scorer)
    parts: Parts = app.state.parts
    address = serve(app)
    with contextlib.ExitStack() as stack:

        def client(name: str) -> httpx.Client:
            with parts.store.writing() as session:
                token = tokens.create(session, name.split()[0], name, "test", datetime.now(UTC))
            headers = {"Authorization": f"Bearer {token}"}
            return stack.enter_context(httpx.Client(base_url=address, headers=headers))

        yield client


def put(client: httpx.Client, reference: str, text: str, **more: Any) -> httpx.Response:
    return client.put(f"/v1/incidents/{quote(reference, safe='')}", json={"text": text} | more)


def refused(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, Problem.model_validate(response.json()).code


@pytest.mark.parametrize("reference", ["2026-11-22-0417", "a/b", "é 😟", "100%", "a..b", "x?y#z", "a/decision"])
def test_an_incident_is_scored_kept_and_found_by_any_reference(as_role: Client, reference: str) -> None:
    machine = as_role("scorer")
    response = put(machine, reference, CALM)
    body = IncidentBody.model_validate(response.json())
    assert (body.id, body.reference, body.version, body.state) == (reference, reference, 1, "waiting")
    assert response.headers["etag"] == '"1"'
    alone = machine.post("/v1/score", json={"text": CALM, "id": reference}).json()
    assert {name: response.json()[name] for name in alone} == alone
    assert put(machine, reference, CALM).content == response.content
    standing = Standing.model_validate(machine.get(f"/v1/incidents/{quote(reference, safe='')}").json())
    assert (standing.version, standing.escalated) == (1, False)


@pytest.mark.parametrize("how", [{"json": {"version": 1}}, {"headers": {"If-Match": '"1"'}}])
def test_a_stale_version_is_a_conflict_with_the_current_one(as_role: Client, how: dict[str, Any]) -> None:
    machine = as_role("scorer")
    put(machine, "A", CALM)
    put(machine, "A", CALM + " More.")
    body = {"text": RISKY} | how.pop("json", {})
    response = machine.put("/v1/incidents/A", json=body, **how)
    assert refused(response) == (409, "version-stale")
    assert response.json()["version"] == 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": " "}, 422, "text-blank"),
        ({}, 422, "text-missing"),
        ({"text": "x" * 1_000_001}, 422, "text-too-long"),
        ({"text": CALM, "version": "one"}, 422, "version-invalid"),
        ({"text": CALM, "version": True}, 422, "version-invalid"),
        ({"text": CALM, "version": -1}, 422, "version-invalid"),
    ],
)
def test_what_cannot_be_kept_is_refused(as_role: Client, body: Any, status: int, code: str) -> None:
    assert refused(as_role("scorer").put("/v1/incidents/A", json=body)) == (status, code)


def test_a_reference_that_cannot_be_kept_is_refused(as_role: Client) -> None:
    machine = as_role("scorer")
    assert refused(put(machine, "x" * 101, CALM)) == (422, "reference-invalid")
    assert refused(machine.put("/v1/incidents/", json={"text": CALM})) == (422, "reference-invalid")
    assert refused(machine.get("/v1/incidents/nowhere")) == (404, "incident-unknown")


def test_a_megabyte_of_log_is_read_and_for_review(as_role: Client) -> None:
    body = put(as_role("scorer"), "A", "he is pacing\n" * 76_000 + "he has a knife").json()
    assert (body["decision"], body["because"][0]["code"]) == ("review", "too-long")
    assert body["reasons"][0]["text"] == "knife"


def test_from_the_log_to_the_accepted_handover(as_role: Client) -> None:
    machine, ann = as_role("scorer"), as_role("reviewer")
    put(machine, "A", CALM)
    queue = QueueBody.model_validate(ann.get("/v1/queue").json())
    assert queue.items[0]["reference"] == "A"
    assert ann.post("/v1/queue/next").json() == {"reference": "A"}
    seen = SeenBody.model_validate(ann.post("/v1/incidents/A/open").json())
    assert seen.text == CALM
    choice = {"version": seen.version, "outcome": "signposted", "destination": "crisis-team"}
    decided = ann.post("/v1/incidents/A/decision", json=choice).json()
    assert (decided["state"], decided["follows"]) == ("handed-over", True)
    assert ann.request("DELETE", "/v1/incidents/A/decision").json() == {"state": "waiting"}
    ann.post("/v1/incidents/A/open")
    ann.post("/v1/incidents/A/decision", json=choice)
    answer = {"accepted": True, "by": "Jo, crisis team"}
    assert ann.post("/v1/incidents/A/handover", json=answer).json() == {"state": "settled"}
    assert put(machine, "A", RISKY).json()["escalated"] is True
    assert ann.get("/v1/queue").json()["items"][0]["mark"] == "escalated"
    metrics = as_role("administrator").get("/metrics").text
    for line in (
        'signpost_incidents_total{decision="flag"} 1.0',
        "signpost_escalations_total 1.0",
        'signpost_decisions_total{outcome="signposted"} 2.0',
        'signpost_agreement_total{agreed="yes"} 2.0',
        'signpost_queue{what="waiting"} 1.0',
        'signpost_queue{what="overdue"} 0.0',
    ):
        assert line in metrics


def decide(client: httpx.Client, reference: str, **choice: Any) -> dict[str, Any]:
    version = client.post(f"/v1/incidents/{reference}/open").json()["version"]
    answer = client.post(f"/v1/incidents/{reference}/decision", json={"version": version} | choice)
    assert answer.status_code == 200
    return answer.json()


def test_what_was_drawn_and_read_blind_is_held_against_the_guarantee(as_role_drawn: Client, tmp_path: Path) -> None:
    machine, ann = as_role_drawn("scorer"), as_role_drawn("reviewer")
    assert put(machine, "A", CALM).json()["decision"] == "flag"
    decide(ann, "A", outcome="police")
    deadline = time.monotonic() + 20
    while not (tmp_path / "alarm.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    (line,) = (tmp_path / "alarm.jsonl").read_bytes().splitlines()
    assert (orjson.loads(line)["what"], orjson.loads(line)["flagged"]) == ("outcome", True)


def test_of_many_who_decide_at_once_exactly_one_does(as_role: Client) -> None:
    put(as_role("scorer"), "A", CALM)
    people = [as_role(f"reviewer {number}") for number in range(6)]

    def go(person: httpx.Client) -> int:
        version = person.post("/v1/incidents/A/open").json()["version"]
        return person.post("/v1/incidents/A/decision", json={"version": version, "outcome": "police"}).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(go, people)) == [200, 409, 409, 409, 409, 409]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("scorer", {"score", "put", "metrics"}),
        ("reviewer", {"score", "put", "queue", "open"}),
        ("supervisor", {"score", "put", "queue", "open", "metrics", "assurance"}),
        ("auditor", {"metrics", "audit"}),
        ("administrator", {"score", "put", "queue", "open", "metrics", "assurance", "audit"}),
    ],
)
def test_each_role_may_do_its_own_and_no_more(as_role: Client, role: str, allowed: set[str]) -> None:
    put(as_role("administrator first"), "A", CALM)
    client = as_role(role)
    answers = {
        "score": client.post("/v1/score", json={"text": CALM}),
        "put": put(client, "A", CALM),
        "queue": client.get("/v1/queue"),
        "open": client.post("/v1/incidents/A/open"),
        "metrics": client.get("/metrics"),
        "assurance": client.get("/v1/assurance"),
        "audit": client.get("/v1/audit"),
    }
    assert {name for name, answer in answers.items() if answer.status_code == 200} == allowed
    for name in set(answers) - allowed:
        assert refused(answers[name]) == (403, "role-missing")
    assert client.get("/v1/model").status_code == 200


def test_the_record_over_http_is_json_lines_without_a_narrative(as_role: Client) -> None:
    put(as_role("scorer"), "A", RISKY)
    lines = as_role("auditor").get("/v1/audit", params={"reference": "A"}).text.splitlines()
    assert [orjson.loads(line)["action"] for line in lines] == ["scored", "record-read"]
    assert not any("knife" in line for line in lines)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"version": 1}, "outcome"),
        ({"version": 1, "outcome": "police", "why": 7}, "why"),
        ({"version": 1, "outcome": "police", "why": "\x00"}, "why"),
        ({"version": 1, "outcome": "police", "factors": []}, "factors"),
        ({"version": 1, "outcome": "signposted", "destination": 1}, "destination"),
        ({"outcome": "police"}, "version"),
    ],
)
def test_a_wrong_field_of_a_decision_is_named(as_role: Client, body: Any, field: str) -> None:
    put(as_role("scorer"), "A", CALM)
    response = as_role("reviewer").post("/v1/incidents/A/decision", json=body)
    assert response.status_code == 422
    assert response.json()["field"] == field


def test_neither_reference_nor_narrative_reaches_the_log(as_role: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    ann = as_role("reviewer")
    put(ann, "REF-77", CALM)
    ann.post("/v1/incidents/REF-77/open")
    ann.post("/v1/incidents/REF-77/decision", json={"version": 9, "outcome": "police", "why": "walls"})
    ours = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith(("signpost", "sqlalchemy", "alembic")))
    assert "PUT /v1/incidents/{reference} 200" in ours
    assert "REF-77" not in ours and "walls" not in ours
