"""The model's files while it answers: cut short, gone, back. What answers goes on; readiness says what is wrong."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from service.app import create_app
from service.settings import Settings

Serve = Callable[[FastAPI], str]
CALM = {"text": "hearing voices"}


def wait_until(holds: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def registry(small_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_model, tmp_path / "models"))


@pytest.fixture
def client(serve: Serve, registry: Path, token: str) -> Iterator[httpx.Client]:
    address = serve(create_app(Settings(models=registry, model_seconds=0.1), minted=token))
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=120) as inside:
        yield inside


def said(client: httpx.Client) -> str:
    return str(client.get("/health/ready").json().get("refused", ""))


def test_files_cut_short_or_gone_while_it_answers(client: httpx.Client, registry: Path) -> None:
    wait_until(lambda: client.get("/health/ready").status_code == 200)
    statuses, stop = set[int](), threading.Event()

    def ask() -> None:
        while not stop.is_set():
            statuses.add(client.post("/v1/score", json=CALM).status_code)

    asker = threading.Thread(target=ask)
    asker.start()
    estimator = registry / "small" / "estimator.joblib"
    whole = estimator.read_bytes()
    try:
        estimator.write_bytes(whole[: len(whole) // 2])
        wait_until(lambda: "artefact-altered" in said(client))
        estimator.write_bytes(whole)
        wait_until(lambda: not said(client))
        registry.rename(registry.with_name("away"))
        wait_until(lambda: "artefact-missing" in said(client))
        registry.with_name("away").rename(registry)
        wait_until(lambda: not said(client))
        (registry / "current").write_text("nothing\n")
        wait_until(lambda: "artefact-missing" in said(client))
        (registry / "current").write_text("small\n")
        wait_until(lambda: not said(client))
    finally:
        stop.set()
        asker.join(timeout=60)
    assert statuses == {200}


def test_a_start_without_a_model_becomes_ready_when_there_is_one(
    serve: Serve, small_model: Path, tmp_path: Path
) -> None:
    registry = tmp_path / "models"
    address = serve(create_app(Settings(models=registry, model_seconds=0.1)))
    with httpx.Client(base_url=address, timeout=120) as client:
        wait_until(lambda: "artefact-missing" in client.get("/health/ready").text)
        assert client.get("/health/ready").status_code == 503
        assert client.get("/health/live").status_code == 200
        shutil.copytree(small_model, tmp_path / "copied")
        (tmp_path / "copied").rename(registry)
        wait_until(lambda: client.get("/health/ready").status_code == 200)
