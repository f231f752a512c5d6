"""Clients that send or read too slowly, over sockets of our own making."""

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.settings import Settings
from tests.service.conftest import _serving

PATIENCE = 0.5


@pytest.fixture(scope="module")
def hurried(scorer: Any, token: str) -> Iterator[httpx.URL]:
    """A service that waits for half a second."""
    with _serving(create_app(Settings(patience_seconds=PATIENCE), scorer, token)) as address:
        yield httpx.URL(address)


def connected(url: httpx.URL) -> socket.socket:
    return socket.create_connection((url.host, url.port or 80), timeout=60)


def head(token: str, length: int, path: str = "/v1/score") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def dripped_until_the_end(raw: socket.socket, drops: bytes) -> bytes:
    """Send one byte at a time until the service ends it, and give what it said."""
    said = b""
    raw.settimeout(PATIENCE / 5)
    for _ in range(600):
        try:
            raw.sendall(drops)
            if not (got := raw.recv(10_000)):
                return said
            said += got
        except TimeoutError:
            continue
        except ConnectionError:
            return said
    pytest.fail("a slow client was waited for")


def test_a_header_that_drips_ends_without_an_answer(hurried: httpx.URL) -> None:
    with connected(hurried) as raw:
        raw.sendall(b"POST /v1/score HTTP/1.1\r\nX-Slow: ")
        assert dripped_until_the_end(raw, b"a") == b""


def test_a_connection_that_says_nothing_ends(hurried: httpx.URL) -> None:
    with connected(hurried) as raw:
        assert raw.recv(100) == b""


def test_line_ends_between_requests_keep_no_connection_open(hurried: httpx.URL) -> None:
    with connected(hurried) as raw:
        raw.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in raw.recv(10_000)
        assert dripped_until_the_end(raw, b"\r\n") == b""


def test_a_body_that_drips_is_told_so_and_the_connection_ends(hurried: httpx.URL, token: str) -> None:
    with connected(hurried) as raw:
        raw.sendall(head(token, 10_000))
        said = dripped_until_the_end(raw, b" ")
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in said and b'"code":"body-too-slow"' in said
    assert b"connection: close" in said.lower()


def test_a_refused_stranger_cannot_go_on_dripping(hurried: httpx.URL) -> None:
    with connected(hurried) as raw:
        raw.sendall(head("wrong", 10_000))
        assert dripped_until_the_end(raw, b" ").startswith(b"HTTP/1.1 401 ")


def test_a_long_body_that_keeps_coming_is_read(hurried: httpx.URL, token: str) -> None:
    body = json.dumps({"text": "hearing voices"}).encode() + b" " * 200_000
    with connected(hurried) as raw:
        raw.sendall(head(token, len(body)))
        for start in range(0, len(body), 40_000):
            raw.sendall(body[start : start + 40_000])
            time.sleep(PATIENCE / 3)
        assert raw.recv(10_000).startswith(b"HTTP/1.1 200 ")


def test_who_does_not_read_the_answers_is_let_go(hurried: httpx.URL, token: str) -> None:
    style = len(httpx.get(hurried.join("/static/signpost.css")).content)
    asked = 20_000_000 // style  # far more than the system keeps for anybody
    with connected(hurried) as raw:
        raw.setblocking(False)
        rest = b"GET /static/signpost.css HTTP/1.1\r\nHost: x\r\n\r\n" * asked
        until = time.monotonic() + 60
        with contextlib.suppress(ConnectionError):
            while rest:
                assert time.monotonic() < until, "somebody who takes no answers was waited for"
                with contextlib.suppress(BlockingIOError):
                    rest = rest[raw.send(rest) :]
                time.sleep(0.001)
            raw.settimeout(60)
            time.sleep(PATIENCE * 4)
            taken = 0
            while got := raw.recv(1_000_000):
                taken += len(got)
            assert taken < asked * style
    assert httpx.get(hurried.join("/health/live")).status_code == 200
