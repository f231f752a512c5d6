"""More than can be answered: who is refused, how, and who never is."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from service.app import create_app
from service.settings import Settings

Serve = Callable[[FastAPI], str]
CALM = "hearing voices"


@pytest.fixture
def app(scorer: Any, token: str, tmp_path: Any) -> FastAPI:
    return create_app(Settings(narratives=4, database=f"sqlite:///{tmp_path / 'x.db'}"), scorer, token)


@pytest.fixture
def client(app: FastAPI, serve: Serve, token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=serve(app), headers=headers, timeout=60) as inside:
        yield inside


@contextlib.contextmanager
def full(app: FastAPI) -> Any:
    """Every place of every line is taken."""
    parts = app.state.parts
    with contextlib.ExitStack() as held:
        for line in (parts.singles, parts.incidents, parts.batches):
            while True:
                try:
                    held.enter_context(line.place())
                except Exception:
                    break
        yield


def test_what_finds_no_place_is_refused_as_a_problem_with_a_time_to_come_again(
    app: FastAPI, client: httpx.Client
) -> None:
    asked: list[tuple[str, str, Any]] = [
        ("POST", "/v1/score", {"text": CALM}),
        ("POST", "/v1/score/batch", {"items": [{"text": CALM}]}),
        ("PUT", "/v1/incidents/A1", {"text": CALM}),
    ]
    with full(app):
        for method, path, body in asked:
            refused = client.request(method, path, json=body)
            assert refused.status_code == 503
            assert refused.headers["content-type"] == "application/problem+json"
            assert int(refused.headers["retry-after"]) >= 1
            assert refused.json()["code"] == "overloaded"
        assert 'signpost_errors_total{code="overloaded"} 3.0' in client.get("/metrics").text
        assert 'signpost_line{line="singles"} 4.0' in client.get("/metrics").text
    assert client.get("/v1/incidents/A1").status_code == 404
    for method, path, body in asked:
        assert client.request(method, path, json=body).status_code == 200
    assert 'signpost_line{line="singles"} 0.0' in client.get("/metrics").text


def test_health_the_model_and_people_are_never_refused(app: FastAPI, client: httpx.Client, token: str) -> None:
    with full(app):
        for path in ("/health/live", "/health/ready", "/v1/model", "/metrics", "/v1/queue"):
            assert client.get(path).status_code == 200
        with httpx.Client(base_url=client.base_url, follow_redirects=True, timeout=60) as browser:
            browser.get("/", params={"token": token})
            proof = browser.get("/").text.split('name="proof" value="')[1].split('"')[0]
            assert "Flag" in browser.post("/", data={"proof": proof, "text": CALM}).text
            assert browser.get("/queue").status_code == 200


def test_a_refusal_does_not_wait_for_the_body(app: FastAPI, client: httpx.Client, token: str) -> None:
    head = f"POST /v1/score HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
    url = client.base_url
    with full(app), socket.create_connection((url.host, url.port or 80), timeout=60) as raw:
        raw.sendall(head.encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 503")


def test_a_crowd_is_answered_or_refused_and_none_is_lost(serve: Serve, scorer: Any, token: str) -> None:
    class Slow(type(scorer)):  # type: ignore[misc]
        def score(self, narrative: Any) -> Any:
            time.sleep(0.01)
            return super().score(narrative)

    app = create_app(Settings(narratives=4), Slow(), token)
    address, told, lives = serve(app), list[int](), list[int]()
    at_once = threading.Barrier(24)

    def ask() -> None:
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60) as own:
            own.get("/health/live")  # connected
            at_once.wait(timeout=60)
            for _ in range(5):
                told.append(own.post("/v1/score", json={"text": CALM}).status_code)
                lives.append(own.get("/health/live").status_code)

    crowd = [threading.Thread(target=ask) for _ in range(24)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(timeout=120)
    assert len(told) == 120 and set(told) == {200, 503}
    assert set(lives) == {200}
    assert app.state.parts.singles.taken == 0


def test_it_is_documented(client: httpx.Client) -> None:
    described = json.loads(client.get("/openapi.json").text)["paths"]
    for path, method in (("/v1/score", "post"), ("/v1/score/batch", "post"), ("/v1/incidents/{reference}", "put")):
        for status in ("408", "503"):
            assert list(described[path][method]["responses"][status]["content"]) == ["application/problem+json"]
