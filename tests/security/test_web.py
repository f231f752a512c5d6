"""Over a socket: what is put into addresses, headers, bodies and forms to make the service do what it must not."""

import socket
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

import httpx
import pytest
from fastapi.routing import APIRoute

from service.pages import assurance, door, incident, queue, record, score, second_reading
from tests.security.conftest import Desk, proof

CALM = "Sister talking to the walls again, no threats."
HUGE = "9" * 30
SQL = ("' OR '1'='1", "A'; DROP TABLE incident; --", "A' UNION SELECT sha256 FROM token --", "%", "_", "A\\", "\x00")


def raw(address: str, sent: bytes) -> bytes:
    """Everything that comes back for some bytes, not tidied up by any client."""
    where = urlsplit(address)
    heard = b""
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=20) as connection:
        connection.sendall(sent)
        while more := connection.recv(65_536):
            heard += more
    return heard


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py", "/static/..%2fapp.py", "/static/..%2f..%2fsettings.py", "/static/%2e%2e/%2e%2e/app.py",
        "/static/....//app.py", "/static/..\\app.py", "/static/..%5capp.py",
        "/static//etc/passwd", "/static/%2fetc%2fpasswd",
        "/static/signpost.css%00.py", "/static/..%252fapp.py", "/../../etc/passwd",
    ],
)  # fmt: skip
def test_no_address_leads_to_another_file(desk: Desk, path: str) -> None:
    answer = raw(desk.address, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert answer.split(b" ")[1] in (b"400", b"404")
    assert b"import" not in answer and b"root:" not in answer


@pytest.mark.parametrize("evil", ["%0d%0aX-Evil:%201", "%0aX-Evil:1", "%E5%98%8D%E5%98%8AX-Evil:1", "a%0d%0a%0d%0a<b>"])
def test_nothing_from_an_address_becomes_a_header(desk: Desk, evil: str) -> None:
    machine, browser = desk.machine(), desk.browser()
    answers = [
        machine.put(f"/v1/incidents/{evil}", json={"text": CALM}),
        machine.get(f"/v1/incidents/{evil}"),
        machine.get(f"/v1/audit?reference={evil}"),
        browser.get(f"/incidents?reference={evil}"),
        browser.get(f"/incidents/{evil}"),
        browser.get(f"/record?reference={evil}"),
        browser.get(f"/?token={evil}"),
    ]
    for answer in answers:
        assert answer.status_code < 500
        assert "x-evil" not in answer.headers
        assert "\n" not in answer.headers.get("location", "") and "\r" not in answer.headers.get("location", "")


@pytest.mark.parametrize(
    "back",
    ["/queue\r\nX-Evil: 1", "/\t/elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example",
     "\x01//elsewhere.example", "javascript:alert(1)", "/\r\n/elsewhere.example"],
)  # fmt: skip
def test_the_way_back_stays_here_and_adds_no_header(desk: Desk, back: str) -> None:
    browser = desk.browser()
    answer = browser.post("/shortcuts", data={"proof": proof(browser), "back": back, "shortcuts": "on"})
    location = answer.headers["location"]
    assert answer.status_code == 303 and "x-evil" not in answer.headers
    assert location.startswith("/") and not location.startswith(("//", "/\\", "/\t", "/\n", "/\r"))


def test_a_reference_in_a_redirect_stays_a_reference(desk: Desk) -> None:
    browser = desk.browser()
    for reference in ("//elsewhere.example", "\\\\elsewhere.example", "..", "../../x", "https://elsewhere.example"):
        desk.machine().put(f"/v1/incidents/{quote(reference, safe='')}", json={"text": CALM})
        location = browser.get("/incidents", params={"reference": reference}).headers.get("location", "/incidents/")
        assert location.startswith("/incidents/")


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/queue?start={HUGE}", "/v1/queue?start=-1", "/v1/queue?start=secret-of-mine", f"/v1/assurance?days={HUGE}",
        "/v1/assurance?days=1000000", "/v1/assurance?days=0",
        "/v1/audit?reference=%00", "/v1/audit?reference=" + "a" * 101,
        f"/queue?start={HUGE}x", "/assurance?days=secret-of-mine",
        "/record?reference=%00", "/record?reference=" + "a" * 101,
        "/queue/news?seen=1&at=0001-01-01T00:00:00%2B05:00", f"/queue/news?seen={HUGE}&at=secret-of-mine", "/incidents",
    ],
)  # fmt: skip
def test_a_parameter_out_of_bounds_is_refused_and_not_repeated(desk: Desk, path: str) -> None:
    asked = desk.machine() if path.startswith("/v1") else desk.browser()
    answer = asked.get(path)
    assert answer.status_code == 422
    assert "secret-of-mine" not in answer.text and HUGE not in answer.text
    kind = "application/problem+json" if path.startswith("/v1") else "text/html; charset=utf-8"
    assert answer.headers["content-type"] == kind


@pytest.mark.parametrize("path", [f"/readings/{HUGE}", "/readings/0", "/incidents/%00", "/incidents/" + "a" * 101])
def test_what_no_database_can_be_asked_is_not_there(desk: Desk, path: str) -> None:
    assert desk.browser().get(path).status_code == 404


def test_news_of_what_cannot_be_is_no_news(desk: Desk) -> None:
    answer = desk.browser().get(f"/queue/news?seen={HUGE}&at=2026-01-01T00:00:00Z&reference=%00")
    assert (answer.status_code, answer.json()["moved"]) == (200, [])


def test_a_nul_in_a_form_is_refused(desk: Desk) -> None:
    desk.machine().put("/v1/incidents/A", json={"text": CALM})
    browser = desk.browser()
    for place, fields in (
        ("/record", {"act": "hold", "reference": "A", "why": "a\0b"}),
        ("/incidents/A", {"act": "answer", "answer": "accepted", "by": "a\0b"}),
        ("/queue", {"act": "undo", "reference": "\0"}),
    ):
        assert browser.post(place, data=fields | {"proof": proof(browser)}).status_code == 422


@pytest.mark.parametrize("sql", SQL)
def test_sql_in_a_parameter_is_only_a_text(desk: Desk, sql: str) -> None:
    machine, browser = desk.machine(), desk.browser()
    machine.put("/v1/incidents/A", json={"text": CALM}).raise_for_status()
    quoted = quote(sql, safe="")
    assert machine.get(f"/v1/incidents/{quoted}").status_code == 404
    assert browser.get("/incidents", params={"reference": sql}, follow_redirects=True).status_code == 404
    assert browser.get("/record", params={"reference": sql}).text.count("The log came in") == 0
    found = machine.get("/v1/audit", params={"reference": sql})
    assert found.status_code == 422 or all('"record-read"' in line for line in found.text.splitlines())
    assert machine.get("/v1/incidents/A").status_code == 200


BODIES = (
    b'{"text": ' + b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 100_000, b'{"text": NaN}', b'{"text": Infinity}',
    b'{"text": "x", "id": 1e999}', b'{"text": "x", "id": ' + b"9" * 5000 + b"}",
    b'{"text": "\xff\xfe"}', b'{"text": "\\ud800"}',
    b'{"text": "x", "text": 5}', b'{"version": 1e308, "outcome": "police"}',
    b'{"items": {"0": 1}}', b"\xef\xbb\xbf{}", b"\x00" * 99,
)  # fmt: skip


@pytest.mark.parametrize("place", ["/v1/score", "/v1/score/batch", "/v1/incidents/A", "/v1/incidents/A/decision"])
def test_no_json_brings_it_down(desk: Desk, place: str) -> None:
    machine = desk.machine()
    method = "PUT" if place.endswith("/A") else "POST"
    for body in BODIES:
        answer = machine.request(method, place, content=body, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("place", ["/", "/queue", "/incidents/A"])
def test_a_form_longer_than_its_bounds_is_refused(desk: Desk, place: str) -> None:
    browser = desk.browser()

    def chunks() -> Iterable[bytes]:
        for _ in range(60):
            yield b"a" * 65_536

    try:
        answer = browser.post(place, content=chunks(), headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status_code == 413
    except httpx.WriteError:
        pass  # it has answered, and hung up
    assert browser.get("/health/live").status_code == 200


FORMS = sorted(
    {
        route.path
        for page in (score, queue, incident, second_reading, assurance, record, door)
        for route in page.router.routes
        if isinstance(route, APIRoute) and "POST" in route.methods
    }
)


@pytest.mark.parametrize("place", FORMS)
@pytest.mark.parametrize("forged", ["", "0" * 64])
def test_no_form_is_taken_without_its_proof(desk: Desk, place: str, forged: str) -> None:
    desk.machine().put("/v1/incidents/A", json={"text": CALM})
    address = place.replace("{reference:path}", "A").replace("{number:int}", "1")
    query = {"reference": "A"} if address == "/incidents" else {}
    fields = {"proof": forged, "act": "decide", "outcome": "police", "version": "1", "text": CALM, "reference": "A"}
    answer = desk.browser().post(address, params=query, data=fields)
    assert answer.status_code == 403
    assert desk.machine(name="other").get("/v1/incidents/A").json()["state"] == "waiting"


def test_a_cookie_that_was_planted_is_never_taken_over(desk: Desk) -> None:
    name = next(iter(desk.browser().cookies.keys()))
    planted = httpx.get(
        f"{desk.address}/", params={"token": desk.token(name="ann")}, headers={"Cookie": f"{name}=planted"}
    )
    given = planted.cookies[name]
    assert given != "planted" and len(given) >= 40
    assert "HttpOnly" in planted.headers["set-cookie"] and "samesite=strict" in planted.headers["set-cookie"].lower()
    assert httpx.get(f"{desk.address}/queue", headers={"Cookie": f"{name}=planted"}).status_code == 401


def test_an_address_names_every_method_that_it_takes(desk: Desk) -> None:
    answer = desk.machine().request("PATCH", "/v1/incidents/A")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, PUT")
