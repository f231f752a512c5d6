"""Services to wear down: processes of their own, on a store that they share."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from service import tokens
from service.store import open_store

ROOT = Path(__file__).parents[2]
PROGRAM = """
import runpy, sys
from service.serve import run
from service.settings import Settings
raise SystemExit(run(Settings(port=0), runpy.run_path(sys.argv[1])["StandIn"]()))
"""


def make_token(database: str, role: str, name: str) -> str:
    """A token for somebody, in the store at ``database``."""
    store = open_store(database)
    with store.writing() as session:
        token = tokens.create(session, role, name, "soak", datetime.now(UTC))
    store.close()
    return token


def start(
    database: str, models: Path | None = None, log: IO[str] | None = None, **settings: str
) -> subprocess.Popen[str]:
    """A service with the current model of a registry; without one, with a stand-in: then only the desk is worn
    down. What it says goes to ``log``."""
    stand_in = ["-c", PROGRAM, str(ROOT / "tests" / "service" / "conftest.py")]
    always = {
        "SIGNPOST_DATABASE": database,
        "SIGNPOST_MINT_TOKEN": "false",
        "SIGNPOST_RATE_PER_TOKEN": "1000000/minute",
        "SIGNPOST_PORT": "0",
    }
    real = {"SIGNPOST_MODELS": str(models)} if models else {}
    return subprocess.Popen(
        [sys.executable, *(["signpost.py", "serve"] if models else stand_in)],
        cwd=ROOT,
        env=os.environ | always | real | settings,
        stdout=subprocess.PIPE,
        stderr=log or subprocess.DEVNULL,
        text=True,
    )


def address_of(process: subprocess.Popen[str]) -> str:
    """Where it answers, once it does."""
    assert process.stdout is not None
    address = process.stdout.readline().strip().rstrip("/")
    if not address:
        raise RuntimeError("the service did not start")
    return address


@contextlib.contextmanager
def running(database: str, count: int, models: Path | None = None, **settings: str) -> Iterator[list[str]]:
    """The addresses of so many services on one store."""
    started = [start(database, models, **settings) for _ in range(count)]
    try:
        yield [address_of(process) for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=30)
