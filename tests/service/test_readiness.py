"""Ready only with a verified model; alive all the while."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from model.errors import ArtefactError
from model.narrative import Narrative
from model.score import Score
from service import app as assembler
from service.app import create_app
from service.settings import Settings

Serve = Callable[[FastAPI], str]


def test_not_ready_while_the_model_loads(
    serve: Serve, scorer: Any, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()

    def load_slowly(_: Settings) -> Any:
        let_go.wait(10)
        return scorer

    monkeypatch.setattr(assembler, "load_from", load_slowly)
    with httpx.Client(base_url=serve(create_app(Settings(), minted=token))) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        assert client.get("/health/live").status_code == 200
        for answer in (
            client.get("/health/ready"),
            client.post("/v1/score", json={"text": "x"}),
            client.post("/v1/score/batch", json={"items": []}),
            client.get("/v1/model"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "model-loading")
            assert answer.headers["retry-after"]
        let_go.set()
        assert wait_until(lambda: client.get("/health/ready").status_code == 200)
        assert client.post("/v1/score", json={"text": "x"}).status_code == 200
        assert 'signpost_model_info{policy="policy-1",version="stand-in-1"} 1.0' in client.get("/metrics").text


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (ArtefactError("artefact-altered", "The file model.joblib differs from its manifest."), "artefact-altered"),
        (ArtefactError("artefact-missing", "There is no model in var/models. Run: make train"), "artefact-missing"),
        (ValueError("some inner text"), "model-unusable"),
    ],
)
def test_never_ready_without_a_verified_model(
    serve: Serve, token: str, monkeypatch: pytest.MonkeyPatch, failure: Exception, code: str
) -> None:
    def refuse(_: Settings) -> Any:
        raise failure

    monkeypatch.setattr(assembler, "load_from", refuse)
    with httpx.Client(base_url=serve(create_app(Settings(), minted=token))) as client:
        assert wait_until(lambda: client.get("/health/ready").json()["code"] != "model-loading")
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["code"]) == (503, code)
        assert "some inner text" not in answer.text
        assert client.get("/health/live").status_code == 200
        client.get("/", params={"token": token})
        shown = client.get("/")
        assert shown.status_code == 200


def test_a_model_that_says_nothing_sensible_is_never_ready(
    serve: Serve, scorer: Any, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Senseless(type(scorer)):  # type: ignore[misc]
        def score_many(self, narratives: list[Narrative]) -> list[Score]:
            return [replace(score, confidence=1.5) for score in super().score_many(narratives)]

    monkeypatch.setattr(assembler, "load_from", lambda _: Senseless())
    with httpx.Client(base_url=serve(create_app(Settings(), minted=token))) as client:
        assert wait_until(lambda: client.get("/health/ready").json()["code"] != "model-loading")
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["code"]) == (503, "model-unusable")


def test_the_first_caller_does_not_wait_for_what_the_first_score_builds(
    serve: Serve, scorer: Any, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored: list[Narrative] = []

    class Noting(type(scorer)):  # type: ignore[misc]
        def score_many(self, narratives: list[Narrative]) -> list[Score]:
            scored.extend(narratives)
            return super().score_many(narratives)  # type: ignore[no-any-return]

    monkeypatch.setattr(assembler, "load_from", lambda _: Noting())
    with httpx.Client(base_url=serve(create_app(Settings(), minted=token))) as client:
        assert wait_until(lambda: client.get("/health/ready").status_code == 200)
        assert scored


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False
