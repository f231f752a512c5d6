"""Whatever bytes reach the port: the answer has a documented status, or the connection ends, and the service lives."""

import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import urlsplit

import httpx

from service.problems import CATALOGUE
from tests.fuzz import inputs
from tests.soak.services import make_token, running

_DOCUMENTED: Final = frozenset({100, 200, 303, 400, *(status for status, _ in CATALOGUE.values())} - {500})
_METHODS: Final = (
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "get",
    "\x00",
    "GET GET",
    "",
    "M" * 200,
)
_VERSIONS: Final = ("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9", "")
_PATHS: Final = (
    "/", "/v1/score", "/v1/score/batch", "/v1/incidents/A", "/v1/incidents/a%2Fb/decision", "/v1/queue?start=5",
    "/v1/queue/next", "/v1/readings/1/open", "/v1/audit?reference=A",
    "/v1/assurance?days=7", "/v1/model", "/metrics",
    "/openapi.json", "/health/live", "/queue", "/record?reference=A",
    "/static/signpost.css", "/static/..%2fapp.py", "*",
    "//", "/%00", "/%ff", "http://elsewhere/", "?" * 20, "/" + "a" * 9000, "/v1/incidents/%0d%0aX: y",
)  # fmt: skip
_HEADERS: Final = (
    "Content-Type: application/json", "Content-Type: application/x-www-form-urlencoded", "Content-Encoding: gzip",
    "Transfer-Encoding: chunked", "Content-Length: -1", "Content-Length: 99999999999999999999", "Expect: 100-continue",
    "Host: elsewhere",
    "Upgrade: websocket\r\nConnection: Upgrade", "Cookie: signpost-8000=x", 'If-Match: "x"', "X: \x01",
    ": no name", "no colon", "Range: bytes=0-1", "X-Forwarded-For: 1.2.3.4", "Accept: " + "x" * 500,
)  # fmt: skip
_BODIES: Final = (
    b'{"text": "hearing voices"}', b'{"items": [{"text": "x"}, null]}',
    b'{"version": 1, "outcome": "police"}', b"{", b"[" * 3000,
    b'{"text": NaN}', b'{"text": "\\ud800"}', b"\xff\xfe", b"proof=x&text=y", b"5\r\nhello\r\n0\r\n\r\n", b"",
)  # fmt: skip


@contextmanager
def service() -> Iterator[Callable[[int], None]]:
    """A running service, and the check that sends it the input of a number."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/wire.db"
        token = make_token(database, "administrator", "fuzz")
        unhindered = {"SIGNPOST_RATE_FAILURES": "1000000/minute", "SIGNPOST_PROFILES": str(Path(folder, "profiles"))}
        with running(database, 1, **unhindered) as (address,):
            where = (urlsplit(address).hostname or "", urlsplit(address).port or 0)

            def check(number: int) -> None:
                status = answered(where, request(Random(number), token))
                assert status is None or status in _DOCUMENTED, status

            yield check
            assert httpx.get(f"{address}/health/live").status_code == 200


def request(draw: Random, token: str) -> bytes:
    """Something like a request, from sound to nothing like one."""
    if draw.random() < 0.1:
        return draw.randbytes(draw.randrange(200))
    body = inputs.damaged(draw, draw.choice(_BODIES), most=3)
    lines = [f"{draw.choice(_METHODS)} {draw.choice(_PATHS)} {draw.choice(_VERSIONS)}"]
    lines += ["Host: here"] * (draw.random() < 0.9) + [f"Authorization: Bearer {token}"] * (draw.random() < 0.8)
    lines += draw.sample(_HEADERS, draw.randrange(3))
    if draw.random() < 0.8:
        lines += ["Connection: close", f"Content-Length: {max(0, len(body) + draw.choice((0, 0, 0, 0, 1, -1)))}"]
    whole = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
    return inputs.damaged(draw, whole, most=3) if draw.random() < 0.5 else whole


def answered(where: tuple[str, int], sent: bytes) -> int | None:
    """The status of the answer to some bytes after which nothing more is sent; ``None`` when there is none."""
    heard = b""
    with socket.create_connection(where, timeout=10) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while b"\r\n" not in heard and (more := connection.recv(4096)):
                heard += more
        except (ConnectionResetError, BrokenPipeError):
            pass  # it hung up on us, which it may
    line = heard.partition(b"\r\n")[0].split(b" ")
    return int(line[1]) if len(line) > 1 and line[1].isdigit() else None
