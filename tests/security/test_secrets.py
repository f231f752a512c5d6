"""Marked secrets in everything that is configured, and a search of everything that comes out."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import httpx
import pytest
import typer

import signpost
from service.settings import Settings
from tests.service.conftest import TOKEN
from tests.soak.services import ROOT, address_of, make_token

NARRATIVE = "hearing voices in Acacia Avenue"
PROGRAM = """
import runpy, sys
stand_in = runpy.run_path(sys.argv[1])["StandIn"](explode=True)
from service.serve import run
from service.settings import Settings
raise SystemExit(run(Settings(port=0), stand_in))
"""
WORDS = ("token", "key", "password", "secret", "credential")


def arguments(pid: int) -> str:
    """What everybody on the machine can read of a process and its children."""
    found = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return found + "".join(arguments(int(child)) for child in children)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc here")
def test_no_secret_is_in_a_process_list_a_log_an_answer_or_a_file(tmp_path: Path) -> None:
    database, key = f"sqlite:///{tmp_path / 'marked-in-the-address.db'}", "marked-signing-key"
    token = make_token(database, "administrator", "searcher")
    environment = {"SIGNPOST_DATABASE": database, "SIGNPOST_SIGNING_KEY": key, "SIGNPOST_MINT_TOKEN": "false"}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(ROOT / "tests" / "service" / "conftest.py")],
            cwd=ROOT,
            env=os.environ | environment | {"SIGNPOST_PROFILES": str(tmp_path / "profiles")},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            address = address_of(process)
            answers = []
            with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:
                json = {"Content-Type": "application/json"}
                answers += [
                    client.post("/v1/score", json={"text": NARRATIVE}),
                    client.post("/v1/score", content=f'{{"text": "{NARRATIVE}" oops', headers=json),
                    client.put("/v1/incidents/A", json={"text": NARRATIVE}),
                    client.get(f"/v1/{NARRATIVE}?token={token}"),
                    client.get(f"/v1/queue?start={token}"),
                    client.get("/v1/model", headers={"Authorization": "Bearer marked-wrong-token"}),
                    client.get("/?token=marked-wrong-token"),
                    client.get("/v1/model"),
                    client.get("/metrics"),
                    client.get("/openapi.json"),
                ]
                answers.append(entered := client.get("/", params={"token": token}))
            (cookie,) = entered.cookies.values()
            listed = arguments(process.pid)
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)
        finally:
            process.kill()
            process.stdout.close()  # type: ignore[union-attr]
    written = (tmp_path / "log").read_text()
    assert [answers[0].status_code, answers[2].status_code] == [500, 500]
    assert "ValueError" in written
    told = "".join(f"{answer.headers if answer is not entered else ''}{answer.text}" for answer in answers)
    for secret in (token, cookie, key, "marked-wrong-token", "marked-in-the-address", "Acacia"):
        for where, text in (("process list", listed), ("log", written), ("answer", told)):
            assert secret not in text, where
    for file in tmp_path.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert token.encode() not in content and cookie.encode() not in content and key.encode() not in content, (
                file.name
            )


@pytest.mark.parametrize(
    "given", ["postgresql://ann:marked-password@127.0.0.1:9/none", "nonsense://ann:marked-password@x"]
)
def test_a_database_that_does_not_answer_is_said_without_its_password(given: str) -> None:
    done = subprocess.run(
        [sys.executable, "signpost.py", "tokens", "list"],
        cwd=ROOT,
        env=os.environ | {"SIGNPOST_DATABASE": given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Error: " in done.stderr
    assert "marked-password" not in done.stdout + done.stderr and "Traceback" not in done.stderr


def test_no_command_takes_a_secret_as_an_argument() -> None:
    def options(command: click.Command) -> list[str]:
        inner = getattr(command, "commands", {}).values()
        return [name for p in command.params for name in p.opts] + [name for c in inner for name in options(c)]

    found = options(typer.main.get_command(signpost.app))
    assert "--models" in found
    assert [name for name in found if any(word in name.lower() for word in (*WORDS, "database"))] == []


def test_the_long_runs_take_their_database_from_the_environment() -> None:
    for script in (ROOT / "tests").glob("*/*.py"):
        assert '"--database"' not in script.read_text() or script == Path(__file__), script.name
    recipes = (ROOT / "Makefile").read_text()
    assert "$(DATABASE)" not in recipes


def test_settings_that_are_secret_do_not_show_themselves() -> None:
    shown = repr(Settings(signing_key="marked", token_sha256="0" * 64))  # type: ignore[arg-type]
    assert "marked" not in shown and TOKEN not in shown
