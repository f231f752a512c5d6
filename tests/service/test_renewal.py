"""A newer model takes over under load; a broken one never does."""

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from model.artefact import load, make_current, save
from service.app import create_app
from service.renewal import check
from service.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = "Mum of male 24 - he says the telly talks about him, not slept, no threats"
Serve = Callable[[FastAPI], str]


@pytest.fixture(scope="module")
def newer(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model again, made at another time: another version."""
    scorer = load(small_model)
    folder = tmp_path_factory.mktemp("newer") / "newer"
    manifest = scorer.manifest
    save(
        scorer.classifier, scorer.thresholds, folder, data=manifest["data"], figures={}, created="2026-02-02T00:00:00Z"
    )
    return folder


@pytest.fixture
def registry(small_model: Path, newer: Path, tmp_path: Path) -> Path:
    """Serves the small model, and holds the newer one."""
    shutil.copytree(small_model, tmp_path / "models")
    shutil.copytree(newer, tmp_path / "models" / "newer")
    return tmp_path / "models"


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_a_promoted_model_takes_over_and_no_request_is_dropped(serve: Serve, registry: Path, token: str) -> None:
    settings = Settings(models=registry, model_seconds=0.1)
    with httpx.Client(base_url=serve(create_app(settings, minted=token))) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        assert wait_until(lambda: client.get("/health/ready").status_code == 200)
        answers: list[tuple[int, str]] = []
        stop = threading.Event()

        def ask() -> None:
            with httpx.Client(base_url=client.base_url, headers=client.headers, timeout=30) as own:
                while not stop.is_set():
                    answer = own.post("/v1/score", json={"text": TEXT})
                    answers.append((answer.status_code, answer.json().get("model", "")))

        askers = [threading.Thread(target=ask) for _ in range(4)]
        for asker in askers:
            asker.start()
        try:
            assert wait_until(lambda: len(answers) > 20)
            make_current(registry, "newer")
            assert wait_until(lambda: answers[-1][1].startswith("2026-02-02"))
        finally:
            stop.set()
            for asker in askers:
                asker.join(timeout=30)
        assert {status for status, _ in answers} == {200}
        assert {version[:10] for _, version in answers} == {"2026-01-01", "2026-02-02"}
        assert 'version="2026-02-02' in client.get("/metrics").text


def spoil_estimator(folder: Path) -> None:
    content = (folder / "estimator.joblib").read_bytes()
    (folder / "estimator.joblib").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def test_the_present_model_stays_when_the_newer_one_is_tampered_with(serve: Serve, registry: Path, token: str) -> None:
    spoil_estimator(registry / "newer")
    settings = Settings(models=registry, model_seconds=0.1)
    with httpx.Client(base_url=serve(create_app(settings, minted=token))) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        assert wait_until(lambda: client.get("/health/ready").status_code == 200)
        assert "refused" not in client.get("/health/ready").json()
        make_current(registry, "newer")
        assert wait_until(lambda: "refused" in client.get("/health/ready").json())
        said = client.get("/health/ready")
        assert said.status_code == 200 and "artefact-altered" in said.json()["refused"]
        assert client.post("/v1/score", json={"text": TEXT}).json()["model"].startswith("2026-01-01")
        assert 'signpost_refused_models_total{code="artefact-altered"} 1.0' in client.get("/metrics").text
        make_current(registry, "small")
        assert wait_until(lambda: "refused" not in client.get("/health/ready").json())


def test_a_hangup_signal_looks_at_once(registry: Path) -> None:
    program = (
        "from pathlib import Path; from service.serve import run; from service.settings import Settings; "
        f"raise SystemExit(run(Settings(port=0, models=Path({str(registry)!r}), model_seconds=0)))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        base, token = process.stdout.readline().strip().split("/?token=")
        headers = {"Authorization": f"Bearer {token}"}
        make_current(registry, "newer")
        process.send_signal(signal.SIGHUP)
        assert wait_until(
            lambda: httpx.get(f"{base}/v1/model", headers=headers).json()["version"].startswith("2026-02-02")
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()


def test_the_self_check_refuses_a_model_that_makes_no_sense(scorer: Any) -> None:
    class Senseless:
        def score_many(self, narratives: Any) -> Any:
            from dataclasses import replace

            return [replace(scorer.score(n), confidence=1.7) for n in narratives]

    check(scorer)
    with pytest.raises(Exception, match="impossible"):
        check(Senseless())  # type: ignore[arg-type]
