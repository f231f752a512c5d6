"""What machines get: the contract's addresses, over a socket."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from model.narrative import Narrative
from service.app import create_app
from service.schemas import BatchBody, Problem, ScoreBody, SingleBody
from service.settings import Settings

TEXT = "Sister talking to the walls again, no weapons seen."
JSON = {"Content-Type": "application/json"}


def test_a_score_is_the_bytes_of_the_contract(client: httpx.Client, scorer: Any) -> None:
    response = client.post("/v1/score", json={"id": "2026-11-21-0417", "text": TEXT})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.content == orjson.dumps(scorer.score(Narrative.of(TEXT)).as_dict("2026-11-21-0417"))


def test_a_score_has_the_documented_shape(client: httpx.Client) -> None:
    body = client.post("/v1/score", json={"text": TEXT}).json()
    assert ScoreBody.model_validate(body).id is None
    assert list(body) == [*ScoreBody.model_fields]


def test_what_the_reader_took_from_each_clause_is_told_on_request(client: httpx.Client) -> None:
    body = client.post("/v1/score", json={"text": TEXT, "clauses": True}).json()
    (clause,) = SingleBody.model_validate(body).clauses or []
    assert TEXT[clause.start : clause.end] == clause.text == "Sister talking to the walls again"
    assert clause.change == 1.25
    assert "clauses" not in client.post("/v1/score", json={"text": TEXT, "clauses": False}).json()
    (result,) = client.post("/v1/score/batch", json={"items": [{"text": TEXT, "clauses": True}]}).json()["results"]
    assert "clauses" not in result


@pytest.mark.parametrize("identity", ["", "é😟", 0, 7.5, -3, None, "\u202eabc"])
def test_the_id_is_given_back(client: httpx.Client, identity: object) -> None:
    assert client.post("/v1/score", json={"id": identity, "text": TEXT}).json()["id"] == identity


@pytest.mark.parametrize(
    "text", ["NUL \x00 in it", "😟" * 100, "\u202eright to left", "مرحبا", "x", "\r\n crlf \r\n", "a" * 20_000]
)
def test_odd_text_is_scored(client: httpx.Client, text: str) -> None:
    assert client.post("/v1/score", json={"text": text}).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{}", "text-missing"),
        (b'{"text": null}', "text-missing"),
        (b'{"txt": "x"}', "text-missing"),
        (b'{"text": 7}', "text-not-a-string"),
        (b'{"text": ["x"]}', "text-not-a-string"),
        (b'{"text": ""}', "text-blank"),
        (b'{"text": " \\n\\t\\u200b"}', "text-blank"),
        (b'{"text": "' + b"a" * 20_001 + b'"}', "text-too-long"),
        (b'{"text": "\\ud800"}', "text-not-utf8"),
    ],
)
def test_text_that_cannot_be_scored_names_its_field(client: httpx.Client, body: bytes, code: str) -> None:
    response = client.post("/v1/score", content=body, headers=JSON)
    problem = problem_of(response)
    assert (response.status_code, problem.code, problem.field) == (422, code, "text")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "body-not-json"),
        (b"text", 400, "body-not-json"),
        (b'{"text": NaN}', 400, "body-not-json"),
        (b"[" * 150_000, 400, "body-not-json"),
        (b'{"text": "\xff"}', 400, "body-not-utf8"),
        (b"[]", 422, "body-not-object"),
        (b'{"text": "x", "id": true}', 422, "id-invalid"),
        (b'{"text": "x", "id": "\\ud800"}', 422, "id-invalid"),
        (b'{"text": "' + b"a" * 200_000 + b'"}', 413, "body-too-large"),
    ],
)
def test_a_bad_body_gets_a_clear_refusal(client: httpx.Client, body: bytes, status: int, code: str) -> None:
    response = client.post("/v1/score", content=body, headers=JSON)
    assert (response.status_code, problem_of(response).code) == (status, code)


@pytest.mark.parametrize("path", ["/v1/score", "/v1/score/batch"])
@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "content-type-unsupported"),
        ({"Content-Type": "text/plain"}, "content-type-unsupported"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "content-type-unsupported"),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, "content-encoding-unsupported"),
    ],
)
def test_only_plain_json_is_read(client: httpx.Client, path: str, headers: dict[str, str], code: str) -> None:
    response = client.post(path, content=b'{"text": "x"}', headers=headers)
    assert (response.status_code, problem_of(response).code) == (415, code)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "application/problem+json"])
def test_json_by_any_of_its_names_is_read(client: httpx.Client, kind: str) -> None:
    assert client.post("/v1/score", content=b'{"text": "x"}', headers={"Content-Type": kind}).status_code == 200


@pytest.mark.parametrize(("path", "limit"), [("/v1/score", 200_000), ("/v1/score/batch", 2_000_000)])
def test_a_chunked_body_is_refused_while_it_is_read(client: httpx.Client, path: str, limit: int) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 100 * limit:
            sent += 65_536
            yield b" " * 65_536

    try:
        response = client.post(path, content=endless(), headers=JSON)
        assert (response.status_code, problem_of(response).code) == (413, "body-too-large")
    except httpx.WriteError:
        pass  # the server has answered and hung up while we were still sending
    assert sent < 50 * limit


def test_an_announced_length_is_refused_before_the_body(address: str, token: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.putrequest("POST", "/v1/score")
    connection.putheader("Authorization", f"Bearer {token}")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "999999999999")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_batch_answers_in_order_and_a_bad_item_costs_no_other(client: httpx.Client, scorer: Any) -> None:
    items = b"""{"items": [
        {"id": 1, "text": "hearing voices"}, {"id": 2, "text": ""}, {"id": 3, "text": 4}, "stray", null,
        {"id": true, "text": "x"}, {"id": 7}, {"id": 8, "text": "\\ud83d"}, {"id": 1, "text": "has a knife"}
    ]}"""
    response = client.post("/v1/score/batch", content=items, headers=JSON)
    assert response.status_code == 200
    results = response.json()["results"]
    assert [result["id"] for result in results] == [1, 2, 3, None, None, None, 7, 8, 1]
    assert [result.get("error", {}).get("code") for result in results] == [
        None,
        "text-blank",
        "text-not-a-string",
        "item-not-object",
        "item-not-object",
        "id-invalid",
        "text-missing",
        "text-not-utf8",
        None,
    ]
    assert results[0] == scorer.score(Narrative.of("hearing voices")).as_dict(1)
    assert results[-1] == scorer.score(Narrative.of("has a knife")).as_dict(1)
    BatchBody.model_validate_json(response.content)


def test_a_batch_gives_the_same_bytes_as_single_scores(client: httpx.Client) -> None:
    items = [{"id": number, "text": f"{TEXT} {number}"} for number in range(20)]
    singles = [client.post("/v1/score", json=item).content for item in items]
    batch = client.post("/v1/score/batch", json={"items": items}).content
    assert batch == b'{"results":[' + b",".join(singles) + b"]}"


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_a_batch_holds_up_to_a_thousand(client: httpx.Client, count: int) -> None:
    response = client.post("/v1/score/batch", json={"items": [{"text": TEXT}] * count})
    assert len(response.json()["results"]) == count


@pytest.mark.parametrize(
    ("envelope", "code"),
    [({}, "items-missing"), ({"items": {}}, "items-not-a-list"), ({"items": [0] * 1001}, "items-too-many")],
)
def test_a_bad_envelope_is_refused_whole(client: httpx.Client, envelope: object, code: str) -> None:
    response = client.post("/v1/score/batch", json=envelope)
    problem = problem_of(response)
    assert (response.status_code, problem.code, problem.field) == (422, code, "items")


def test_a_long_batch_keeps_nobody_waiting(serve: Callable[[FastAPI], str], scorer: Any, token: str) -> None:
    class Slow(type(scorer)):  # type: ignore[misc]
        def score_many(self, narratives: list[Narrative]) -> list[Any]:
            time.sleep(1)
            return super().score_many(narratives)  # type: ignore[no-any-return]

    address = serve(create_app(Settings(batches_running=1, batches_waiting=1), Slow(), token))
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:
        batch = {"items": [{"text": TEXT}]}
        statuses: list[int] = []

        def send() -> None:
            statuses.append(client.post("/v1/score/batch", json=batch).status_code)

        threads = [threading.Thread(target=send) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        started = time.perf_counter()
        assert client.post("/v1/score", json={"text": TEXT}).status_code == 200
        assert time.perf_counter() - started < 0.5
        refused = client.post("/v1/score/batch", json=batch)
        assert (refused.status_code, problem_of(refused).code) == (503, "overloaded")
        assert refused.headers["retry-after"]
        for thread in threads:
            thread.join()
    assert statuses == [200, 200]


def test_the_model_tells_what_it_is(client: httpx.Client, scorer: Any) -> None:
    assert client.get("/v1/model").json() == scorer.facts()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/score"),
        ("POST", "/v1/score/batch"),
        ("GET", "/v1/model"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
    ],
)
@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "token-missing"),
        ("", "token-missing"),
        ("Bearer", "token-missing"),
        ("Basic YTpi", "token-missing"),
        ("Bearer wrong", "token-wrong"),
        (b"Bearer \xff\xfe", "token-wrong"),
    ],
)
def test_without_a_token_nothing_is_told(
    stranger: httpx.Client, method: str, path: str, header: str | bytes | None, code: str
) -> None:
    headers: Any = {} if header is None else {"Authorization": header}
    response = stranger.request(method, path, headers=headers)
    assert (response.status_code, problem_of(response).code) == (401, code)
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_the_cookie_of_the_page_does_not_open_the_interface(page: httpx.Client) -> None:
    assert page.post("/v1/score", json={"text": TEXT}).status_code == 401


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/static/signpost.css", "/static/signpost.svg"])
def test_health_and_the_stylesheet_need_no_token(stranger: httpx.Client, path: str) -> None:
    assert stranger.get(path).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not-found"),
        ("GET", "/v1/score/", 404, "not-found"),
        ("GET", "/docs", 404, "not-found"),
        ("GET", "/static/../app.py", 404, "not-found"),
        ("GET", "/v1/score", 405, "method-not-allowed"),
        ("DELETE", "/", 405, "method-not-allowed"),
    ],
)
def test_a_wrong_address_or_method_is_a_problem_document(
    client: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    response = client.request(method, path)
    assert (response.status_code, problem_of(response).code) == (status, code)


def test_every_answer_carries_the_security_headers(client: httpx.Client, stranger: httpx.Client) -> None:
    answers = [
        client.post("/v1/score", json={"text": TEXT}),
        client.post("/v1/score", content=b"{"),
        client.get("/nothing"),
        stranger.get("/"),
        stranger.get("/health/live"),
        stranger.get("/static/signpost.css"),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "server" not in answer.headers
        assert "strict-transport-security" not in answer.headers


@hypothesis_settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.one_of(
        st.binary(),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["text", "id", "items"]), inner),
        ).map(lambda value: orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str) if _fits(value) else b"{"),
    ),
    path=st.sampled_from(["/v1/score", "/v1/score/batch"]),
)
def test_any_bytes_as_body_give_a_documented_status(client: httpx.Client, body: bytes, path: str) -> None:
    described = client.get("/openapi.json").json()
    response = client.post(path, content=body, headers=JSON)
    assert str(response.status_code) in described["paths"][path]["post"]["responses"]
    if response.status_code != 200:
        problem_of(response)


def _fits(value: object) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def problem_of(response: httpx.Response) -> Problem:
    """The problem document of a refusal, checked."""
    assert response.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate_json(response.content)
    assert problem.status == response.status_code
    assert problem.type == f"urn:signpost:problem:{problem.code}"
    return problem
