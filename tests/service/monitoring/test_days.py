"""The profiles of the days: nothing lost between processes, nothing of a text on disk."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from model.narrative import Narrative
from model.score import Score
from model.scorer import Scorer
from service.app import create_app
from service.monitoring.days import Recorder, window
from service.settings import Settings

MONDAY = date(2026, 11, 16)


@pytest.fixture(scope="module")
def scored(scorer: Any) -> Score:
    """Stands in for any score; ``scorer`` here is the stand-in of the service's tests."""
    from model.score import Observation

    seen = Observation(0.9, (0.9, 0.1, 0.1, 0.1), "flag", 12, 0.1, frozenset({"voices"}))
    return replace(scorer.score(Narrative.of("hearing voices")), observation=seen, model="m1")


def test_several_processes_and_models_add_up(tmp_path: Path, scored: Score) -> None:
    for model, times in (("m1", 3), ("m2", 2), ("m1", 4)):
        recorder = Recorder(tmp_path, today=lambda: MONDAY)
        for _ in range(times):
            recorder.note(replace(scored, model=model))
        recorder.write()
        recorder.write()  # writing again counts nothing twice
    found = window(tmp_path, "m1")
    assert (found.profile.narratives, found.by_other_models, found.days) == (7, 2, 1)
    assert found.profile.cues == {"voices": 7}


def test_days_are_kept_apart_and_a_window_takes_its_ends(tmp_path: Path, scored: Score) -> None:
    day = MONDAY
    recorder = Recorder(tmp_path, today=lambda: day)
    for number in range(1, 5):
        for _ in range(number):
            recorder.note(scored)
        recorder.write()
        day += timedelta(days=1)
    assert window(tmp_path, "m1").profile.narratives == 10
    middle = window(tmp_path, "m1", MONDAY + timedelta(days=1), MONDAY + timedelta(days=2))
    assert (middle.profile.narratives, middle.days) == (5, 2)


def test_a_file_that_cannot_be_read_is_counted_and_costs_no_other(tmp_path: Path, scored: Score) -> None:
    recorder = Recorder(tmp_path, today=lambda: MONDAY)
    recorder.note(scored)
    recorder.write()
    (tmp_path / MONDAY.isoformat() / "broken.json").write_text('{"m1": {"format": 0}}')
    (tmp_path / "notes").mkdir()
    found = window(tmp_path, "m1")
    assert (found.profile.narratives, found.unreadable) == (1, 1)


def test_threads_lose_no_score(tmp_path: Path, scored: Score) -> None:
    recorder = Recorder(tmp_path, today=lambda: MONDAY)
    stop = threading.Event()

    def note() -> None:
        for _ in range(3000):
            recorder.note(scored)

    def write() -> None:
        while not stop.is_set():
            recorder.write()

    threads = [threading.Thread(target=note) for _ in range(4)]
    writer = threading.Thread(target=write)
    for thread in (*threads, writer):
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    writer.join()
    recorder.write()
    assert window(tmp_path, "m1").profile.narratives == 12_000


def test_a_folder_that_cannot_be_written_is_said_and_costs_no_count(
    tmp_path: Path, scored: Score, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "profiles"
    folder.write_text("in the way")
    recorder = Recorder(folder, today=lambda: MONDAY)
    recorder.note(scored)
    recorder.write()
    assert "no profile written" in caplog.text
    folder.unlink()
    recorder.write()
    assert window(folder, "m1").profile.narratives == 1


def test_the_service_writes_what_it_scored_and_no_word_of_it(
    serve: Callable[[FastAPI], str], small_model: Path, tmp_path: Path, token: str
) -> None:
    from model.artefact import load

    real: Scorer = load(small_model)
    settings = Settings(profiles=tmp_path, profile_seconds=0.05, models=small_model)
    address = serve(create_app(settings, real, token))
    text = "His sister has been hearing voices in Acacia Avenue since Monday"
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:
        client.post("/v1/score", json={"text": text}).raise_for_status()
        client.post("/v1/score/batch", json={"items": [{"text": text}, {"text": text}]}).raise_for_status()
        while (found := window(tmp_path, real.version)).profile.narratives < 3:
            time.sleep(0.05)
    assert found.profile.narratives == 3
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"Acacia" not in written and b"sister" not in written
