"""How long `signpost serve` takes until it is ready, and the memory that it then has, beside a process that does
nothing but import the same libraries; and how large the model is.

``python -m tests.bench.start [--quick] [--models FOLDER]``. What Python compiles once is compiled before anything is
measured.
"""

import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil

from model.artefact import current
from service.tokens import digest
from tests.bench.measurement import Options, Spread, in_turns, machine, markdown, ratios
from tests.bench.serving import IMPORTED, PROGRAM, python, started

SERVE: Final = "signpost serve"
_IMPORTING: Final = """
import importlib, sys, time
for name in sys.stdin.readline().split():
    try:
        importlib.import_module(name)
    except ImportError:
        pass  # some come to be while others are imported, and cannot be imported by name
print("ready", flush=True)
time.sleep(600)
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """A process that is ready: seconds since it was started, seconds of processor time, and resident bytes."""

    seconds: float
    processor: float
    resident: int


@contextmanager
def serving(program: str, models: Path) -> Iterator[tuple[subprocess.Popen[str], str, dict[str, str]]]:
    """A service that is ready, with its address and the header that lets in."""
    token = secrets.token_urlsafe(16)
    with tempfile.TemporaryDirectory() as folder:
        process = started(program, models, f"sqlite:///{folder}/signpost.db", digest(token))
        try:
            address = _first_line(process)
            httpx.get(f"{address}health/ready").raise_for_status()
            yield process, address, {"Authorization": f"Bearer {token}"}
        finally:
            process.terminate()
            process.wait(timeout=30)


def imported(models: Path) -> list[str]:
    """The modules of the standard library and of others that a ready service has imported, in that order."""
    with serving(PROGRAM, models) as (_, address, headers):
        names: list[str] = httpx.get(address.rstrip("/") + IMPORTED, headers=headers).raise_for_status().json()
    return names


def serve(models: Path) -> Ready:
    """The service, until ``/health/ready`` answers 200."""
    began = time.perf_counter()
    with serving(SERVE, models) as (process, _, _):
        return _measured(process, began)


def only_import(modules: list[str]) -> Ready:
    """A process that imports the modules and does nothing else."""
    began = time.perf_counter()
    process = python(["-c", _IMPORTING])
    try:
        assert process.stdin is not None
        process.stdin.write(" ".join(modules) + "\n")
        process.stdin.flush()
        _first_line(process)
        return _measured(process, began)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        raise RuntimeError("the process ended before it was ready")
    return line


def _measured(process: subprocess.Popen[str], began: float) -> Ready:
    seconds, seen = time.perf_counter() - began, psutil.Process(process.pid)
    return Ready(seconds, sum(seen.cpu_times()[:2]), seen.memory_info().rss)


def main(arguments: list[str] | None = None) -> int:
    """Run it by hand."""
    options = Options.of(__doc__, arguments)
    repeats, modules = 1 if options.quick else 5, imported(options.models)
    ways = {SERVE: lambda: serve(options.models), "only imports": lambda: only_import(modules)}
    if repeats > 1:
        in_turns(ways, 1)  # compiles, and brings the files into memory
    turns = in_turns(ways, repeats)
    print(f"Until ready; median (least to most); {machine()}; {len(modules):,} modules imported\n")
    rows: list[list[str]] = [
        [
            name,
            Spread.of([r.seconds for r in ready]).shown(".1f"),
            Spread.of([r.processor for r in ready]).shown(".1f"),
            Spread.of([float(r.resident) for r in ready]).shown(".0f", 1e-6),
        ]
        for name, ready in turns.items()
    ]
    compared = [
        ratios(*([getattr(ready, what) for ready in turns[name]] for name in ways)).shown(".2f")
        for what in ("seconds", "processor", "resident")
    ]
    print(markdown(["process", "seconds", "processor seconds", "resident, MB"], [*rows, ["ratio", *compared]]))
    size = sum(path.stat().st_size for path in current(options.models).iterdir())
    print(f"\nThe model on disk: {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
