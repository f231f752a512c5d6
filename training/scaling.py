"""How retraining grows with the rows: ``python -m training.scaling 8000 40000 200000`` (``make scaling``).

The corpus is drawn with replacement and mistyped afresh each time (training/noise.py), so that there are as many
different narratives as asked. Each run is a process of its own, with fixed hyperparameters.
"""

import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from training.corpus import NARRATIVES, read_corpus
from training.noise import TYPING, generator, noisy

SIZES: Final = (8_000, 40_000, 200_000)


def resampled(number: int, path: Path, seed: int = 0) -> None:
    """So many labelled narratives as JSON Lines, each a slightly mistyped one of the corpus by the same writer."""
    rows, kinds = read_corpus([NARRATIVES]), list(TYPING.values())
    rng = generator(seed, "resampled")
    with path.open("w") as file:
        for at in range(number):
            row = rows[int(rng.integers(len(rows)))]
            text = noisy(row.text, kinds[int(rng.integers(len(kinds)))], rng) or row.text
            again = {**row.model_dump(mode="json", by_alias=True), "id": f"{row.id}-{at}", "text": text}
            file.write(json.dumps(again) + "\n")


@dataclass(frozen=True, slots=True)
class Grown:
    """A retraining on so many rows: wall and processor time in seconds, peak memory in bytes."""

    rows: int
    seconds: float
    processor: float
    peak: float


def measured(number: int, folder: Path) -> Grown:
    """A retraining on so many rows, in a process of its own."""
    data = folder / f"{number}.jsonl"
    resampled(number, data)
    command = [sys.executable, "-m", "signpost", "retrain", "--no-search", "--no-corpus"]
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(  # noqa: S603 - our own command, on files made here
        [*command, "--data", data, "-o", folder / str(number), "--models", folder / "none"], capture_output=True
    )
    if run.returncode not in (0, 4):
        raise SystemExit(run.stderr.decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = json.loads((folder / str(number) / "report.json").read_text())["peak_memory_bytes"]
    return Grown(number, time.monotonic() - began, processor, float(peak))


def main(sizes: Annotated[list[int] | None, typer.Argument(help="Numbers of rows.")] = None) -> None:
    """Print wall time, processor time and peak memory by number of rows, each as it is measured."""
    console = Console()
    done: list[Grown] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in sizes or SIZES:
            done.append(measured(number, Path(folder)))
            console.print(f"{number:,} rows: {done[-1].seconds:,.0f} s, {done[-1].peak / 1e9:.2f} GB")
    table = Table(
        "rows", "seconds", "processor seconds", "peak memory, GB", title="signpost retrain, fixed hyperparameters"
    )
    for run in done:
        table.add_row(f"{run.rows:,}", f"{run.seconds:,.0f}", f"{run.processor:,.0f}", f"{run.peak / 1e9:.2f}")
    console.print(table)
    for one, other in pairwise(done):
        more = math.log(other.rows / one.rows)
        time_power = math.log(other.processor / one.processor) / more
        memory_power = math.log(other.peak / one.peak) / more
        console.print(
            f"{one.rows:,} to {other.rows:,}: processor time grows with rows^{time_power:.2f}, "
            f"memory with rows^{memory_power:.2f}"
        )


if __name__ == "__main__":
    typer.run(main)
