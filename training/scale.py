"""How scoring grows: a folder of resampled narratives on one core, on all cores, on a Dask cluster of this
machine, and on one that loses a worker half way.

For size alone: the narratives are those of the corpus, drawn again and again with typing noise, so nothing here says
how good a score is.
"""

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import orjson
from rich.console import Console
from rich.table import Table

from training.corpus import NARRATIVES, read_corpus
from training.noise import TYPING, generator, noisy

if TYPE_CHECKING:
    import psutil

SCALE: Final = Path("var/scale")
_FILE_ROWS: Final = 100_000
_GROUP_ROWS: Final = 25_000
_EVERY: Final = 0.5  # seconds between two looks at the memory


@dataclass(frozen=True, slots=True)
class Measured:
    """One way to score the folder: seconds in all and of all processors, the most memory (bytes, proportional set size,
    all processes of ours together) and the sha256 over its parts in order."""

    way: str
    seconds: float
    processor_seconds: float
    memory: int
    sha256: str


def resample(number: int, folder: Path, seed: int = 7) -> None:
    """Write ``number`` narratives with typing noise as Parquet files."""
    import pyarrow as pa
    from pyarrow import parquet

    texts = [row.text for row in read_corpus([NARRATIVES])]
    noises = list(TYPING.values())
    rng = generator(seed, "scale")
    folder.mkdir(parents=True)
    for file, begin in enumerate(range(0, number, _FILE_ROWS)):
        drawn = [texts[i] for i in rng.integers(len(texts), size=min(_FILE_ROWS, number - begin))]
        noised = [noisy(text, noises[int(rng.integers(len(noises)))], rng) or text for text in drawn]
        table = pa.table({"id": np.arange(begin, begin + len(noised)), "text": noised})
        parquet.write_table(table, folder / f"calls-{file:04}.parquet", row_group_size=_GROUP_ROWS)


def measure(way: str, options: list[str], folder: Path, into: Path) -> Measured:
    """Run ``signpost score`` on the folder as a process of its own."""
    began = time.monotonic()
    command = [sys.executable, "-m", "signpost", "score", str(folder), "-o", str(into), *options]
    with _watched() as seen:
        subprocess.run(command, check=True)  # noqa: S603
    seconds = time.monotonic() - began
    parts = sorted((orjson.loads(line) for line in (into / "parts.jsonl").read_bytes().splitlines()), key=_name)
    return Measured(way, seconds, *seen(), hashlib.sha256("".join(p["sha256"] for p in parts).encode()).hexdigest())


def _name(part: dict[str, str]) -> str:
    return part["part"]


@contextmanager
def _watched() -> Iterator[Callable[[], tuple[float, int]]]:
    """The processor seconds of the processes below this one, and the most memory that they have together, looked at
    every half second."""
    import psutil  # comes with the extra `cluster`

    most, spent, before, stop = 0, {}, _spent(psutil.Process()), threading.Event()

    def look() -> None:
        nonlocal most
        while not stop.wait(_EVERY):
            memory = 0
            for process in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    memory += process.memory_full_info().pss
                    spent[process.pid] = sum(process.cpu_times()[:2])
            most = max(most, memory)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield lambda: (sum(spent.values()) - sum(before.get(p, 0.0) for p in spent), most)
    finally:
        stop.set()
        thread.join()


def _spent(parent: "psutil.Process") -> dict[int, float]:
    return {p.pid: sum(p.cpu_times()[:2]) for p in parent.children(recursive=True)}


@contextmanager
def _cluster(workers: int, killing_after: Callable[[], bool] | None = None) -> Iterator[str]:
    """A cluster of this machine's; with ``killing_after``, one worker is killed once it says so."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        if killing_after is not None:
            threading.Thread(target=_kill, args=(cluster.workers[0].pid, killing_after), daemon=True).start()
        yield str(cluster.scheduler_address)


def _kill(process: int, when: Callable[[], bool]) -> None:
    while not when():
        time.sleep(_EVERY)
    os.kill(process, signal.SIGKILL)


def _begun(into: Path, parts: int) -> bool:
    done = into / "parts.jsonl"
    return done.exists() and done.read_bytes().count(b"\n") >= parts


def main() -> int:
    """Measure the four ways, with the same folder, and say whether their bytes are the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int)
    rows = parser.parse_args().rows
    shutil.rmtree(SCALE, ignore_errors=True)
    calls = SCALE / "calls"
    resample(rows, calls)
    measured = []

    def run(way: str, options: list[str], into: Path) -> None:
        measured.append(measure(way, options, calls, into))
        sys.stderr.write(f"{way}: {measured[-1].seconds:,.0f} s\n")

    run("one core", ["--jobs", "1"], SCALE / "one")
    run("all cores, joblib", [], SCALE / "joblib")
    with _cluster(workers=2) as address:
        run("Dask, two workers", ["--cluster", address], SCALE / "dask")
    third = max(1, len((SCALE / "one" / "parts.jsonl").read_bytes().splitlines()) // 3)
    with _cluster(workers=2, killing_after=lambda: _begun(SCALE / "killed", third)) as address:
        run("Dask, one of two workers killed", ["--cluster", address], SCALE / "killed")
    shown = Table(title=f"{rows:,} narratives, {os.cpu_count()} cores")
    for column in ("way", "seconds", "narratives/s", "processor seconds", "peak memory, MB", "sha256 of the parts"):
        shown.add_column(column)
    for m in measured:
        speed, memory = f"{rows / m.seconds:,.0f}", f"{m.memory / 1e6:,.0f}"
        shown.add_row(m.way, f"{m.seconds:,.0f}", speed, f"{m.processor_seconds:,.0f}", memory, m.sha256[:16])
    Console(width=120).print(shown)
    return 0 if len({m.sha256 for m in measured}) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
