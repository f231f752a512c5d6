"""A stop while requests are in work; a log that nobody reads."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
SLOW = """
import runpy, sys, time
from service.serve import run
from service.settings import Settings
StandIn = runpy.run_path(sys.argv[1])["StandIn"]
class Slow(StandIn):
    def score_many(self, narratives):
        while not __import__("pathlib").Path(sys.argv[2]).exists():
            time.sleep(0.01)
        return super().score_many(narratives)
raise SystemExit(run(Settings(port=0), Slow()))
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A service whose batches take until the file ``go`` is there, and whose log goes where nobody reads it."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    conftest = str(ROOT / "tests" / "service" / "conftest.py")
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, conftest, str(tmp_path / "go")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=writing,
        text=True,
    )
    yield process
    process.kill()
    process.wait(timeout=30)
    os.close(reading)
    os.close(writing)
    assert process.stdout is not None
    process.stdout.close()


def test_a_stop_finishes_what_was_accepted_and_a_log_that_is_stuck_holds_up_nothing(
    service: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert service.stdout is not None
    base, token = service.stdout.readline().strip().split("/?token=")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
        # Some seventy bytes a line: many times what the pipe takes.
        assert {client.post("/v1/score", json={"text": "x"}).status_code for _ in range(300)} == {200}
        told: list[int] = []

        def send() -> None:
            batch = {"items": [{"text": "x"}] * 5}
            answer = httpx.post(f"{base}/v1/score/batch", json=batch, headers=headers, timeout=120)
            told.append(len(answer.json()["results"]))

        in_work = [threading.Thread(target=send) for _ in range(4)]
        for one in in_work:
            one.start()
        until = time.monotonic() + 60
        while 'signpost_line{line="batches"} 4.0' not in client.get("/metrics").text:
            assert time.monotonic() < until
    service.send_signal(signal.SIGTERM)
    while time.monotonic() < until:
        try:
            httpx.get(f"{base}/health/live", timeout=60)
        except httpx.HTTPError:
            break  # nothing new is let in,
    else:
        pytest.fail("it lets in new requests while it stops")
    assert service.poll() is None and not told  # and what was accepted is still in work.
    (tmp_path / "go").touch()
    for one in in_work:
        one.join(timeout=120)
    assert told == [5] * 4
    assert service.wait(timeout=60) == 0
