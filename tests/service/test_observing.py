"""No narrative in any log line, whatever goes wrong."""

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from service.app import create_app
from service.logs import OutlineFormatter, outline
from service.settings import Settings

SECRET = "hearing voices in Acacia Avenue"


def test_a_request_is_one_line_without_its_query(address: str, token: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        httpx.get(f"{address}/", params={"token": token, "text": SECRET})
        httpx.get(f"{address}/v1/{SECRET}")
    # pytest listens to uvicorn's own access log even where it is off; that it is off, test_serve shows.
    ours = [record for record in caplog.records if record.name.partition(".")[0] == "signpost"]
    lines = [record.getMessage() for record in ours]
    assert [line.rsplit(" ", 2)[0] for line in lines] == ["GET / 303", "GET unmatched 404"]
    assert not any(token in line or "Acacia" in line for line in lines)


def test_health_does_not_drown_the_log(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        httpx.get(f"{address}/health/live")
    assert not [record for record in caplog.records if record.name == "signpost.access"]


@pytest.mark.parametrize("path", ["/v1/score", "/v1/score/batch", "/"])
def test_a_failing_model_leaves_its_place_in_the_log_and_no_word_of_the_text(
    serve: Callable[[FastAPI], str], exploding_scorer: Any, token: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    address = serve(create_app(Settings(), exploding_scorer, token))
    with caplog.at_level(logging.DEBUG), httpx.Client(base_url=address) as client:
        if path == "/":
            client.get("/", params={"token": token})
            proof = client.get("/").text.split('name="proof" value="')[1].split('"')[0]
            response = client.post("/", data={"proof": proof, "text": SECRET})
        else:
            body = {"text": SECRET, "items": [{"text": SECRET}]}
            response = client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})
            assert response.json()["code"] == "internal-error"
            assert "Acacia" not in response.text
    assert response.status_code == 500
    assert response.headers["cache-control"] == "no-store"
    assert "ValueError" in caplog.text and "conftest.py" in caplog.text
    written = "\n".join(OutlineFormatter().format(record) for record in caplog.records)
    assert "Acacia" not in written
    assert not [record for record in caplog.records if record.exc_info and record.name.startswith("uvicorn")]


def test_an_outline_tells_type_place_and_cause_but_no_message() -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError(SECRET) from error
    except ValueError as error:
        drawn = outline(error)
    assert drawn.startswith("ValueError\n")
    assert "test_observing.py:" in drawn and "after KeyError" in drawn
    assert SECRET not in drawn


def test_whatever_library_logs_an_exception_its_message_is_left_out() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("anything", logging.ERROR, "", 1, "failed", (), info)
    written = OutlineFormatter().format(record)
    assert "failed\nValueError" in written and SECRET not in written
