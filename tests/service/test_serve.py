"""``signpost serve`` as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from service.serve import run
from service.settings import Settings

ROOT = Path(__file__).parents[2]
SECRET = "hearing voices in Acacia Avenue"
PROGRAM = """
import runpy, sys
stand_in = runpy.run_path(sys.argv[1])["StandIn"](explode=sys.argv[2] == "explode")
from service.serve import run
from service.settings import Settings
raise SystemExit(run(Settings(port=0), stand_in))
"""


@contextmanager
def started(mode: str, log: Path, **environment: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A service as a process, with the line that it prints."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(Path(__file__).with_name("conftest.py")), mode],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()
            process.wait(timeout=10)
            process.stdout.close()


def test_prints_the_address_of_the_page_with_a_token_that_opens_both_doors(tmp_path: Path) -> None:
    with started("sound", tmp_path / "log") as (address, process):
        assert address.startswith("http://127.0.0.1:") and "/?token=" in address
        base, token = address.split("/?token=")
        with httpx.Client(follow_redirects=True) as browser:
            assert "Score a call narrative" in browser.get(address).text
        answer = httpx.post(f"{base}/v1/score", json={"text": "x"}, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0


def test_each_start_has_a_token_of_its_own(tmp_path: Path) -> None:
    with started("sound", tmp_path / "one") as (one, _), started("sound", tmp_path / "other") as (other, _):
        assert one.split("token=")[1] != other.split("token=")[1]


def test_mints_no_token_where_it_must_not(tmp_path: Path) -> None:
    with started("sound", tmp_path / "log", SIGNPOST_MINT_TOKEN="false") as (address, _):
        assert address.startswith("http://127.0.0.1:") and address.endswith("/")
        assert httpx.get(address).status_code == 401


@pytest.mark.parametrize("mode", ["sound", "explode"])
def test_no_narrative_and_no_token_reach_standard_error(tmp_path: Path, mode: str) -> None:
    with started(mode, tmp_path / "log") as (address, process):
        base, token = address.split("/?token=")
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=base, headers=headers, follow_redirects=True) as client:
            client.get("/", params={"token": token})
            proof = client.get("/").text.split('name="proof" value="')[1].split('"')[0]
            client.post("/", data={"proof": proof, "text": SECRET})
            client.post("/v1/score", json={"text": SECRET})
            client.post("/v1/score/batch", json={"items": [{"text": SECRET}]})
            client.post("/v1/score", content=f'{{"text": "{SECRET}", }}', headers={"Content-Type": "application/json"})
            client.post("/v1/score", json={"text": SECRET, "id": [SECRET]})
            client.post(f"/v1/{SECRET}", params={"text": SECRET}, content=SECRET)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
        assert process.stdout is not None and process.stdout.read() == ""
    log = (tmp_path / "log").read_text()
    assert "POST /v1/score " in log
    assert ("ValueError" in log) == (mode == "explode")
    assert "Acacia" not in log and token not in log


def test_a_port_in_use_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(Settings(port=port)) == 1
    captured = capsys.readouterr()
    assert f"Port {port} on 127.0.0.1 is in use" in captured.err
    assert "PORT=" in captured.err
    assert captured.out == ""


def test_an_address_that_is_not_ours_is_said_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Settings(host="192.0.2.1", port=0)) == 1
    assert "cannot listen on 192.0.2.1" in capsys.readouterr().err
