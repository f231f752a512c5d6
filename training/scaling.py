"""How retraining grows with the rows: ``python -m training.scaling 8000 40000`` (``make scaling``).

The corpus is drawn with replacement and mistyped afresh each time (training/noise.py), so that there are as many
different narratives as asked. Each run is a process of its own, with fixed hyperparameters.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from training.corpus import NARRATIVES, read_corpus
from training.noise import TYPING, generator, noisy

SIZES: Final = (8_000, 40_000)


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


def measured(number: int, folder: Path) -> tuple[float, float]:
    """Wall time in seconds and peak memory in bytes of a retraining on so many rows."""
    data = folder / f"{number}.jsonl"
    resampled(number, data)
    command = [sys.executable, "-m", "signpost", "retrain", "--no-search", "--no-corpus"]
    began = time.monotonic()
    run = subprocess.run(  # noqa: S603 - our own command, on files made here
        [*command, "--data", data, "-o", folder / str(number), "--models", folder / "none"], capture_output=True
    )
    if run.returncode not in (0, 4):
        raise SystemExit(run.stderr.decode())
    peak = json.loads((folder / str(number) / "report.json").read_text())["peak_memory_bytes"]
    return time.monotonic() - began, float(peak)


def main(sizes: Annotated[list[int] | None, typer.Argument(help="Numbers of rows.")] = None) -> None:
    """Print wall time and peak memory by number of rows."""
    table = Table("rows", "seconds", "peak memory, GB", title="signpost retrain, fixed hyperparameters")
    with tempfile.TemporaryDirectory() as folder:
        for number in sizes or SIZES:
            seconds, peak = measured(number, Path(folder))
            table.add_row(f"{number:,}", f"{seconds:,.0f}", f"{peak / 1e9:.2f}")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    Console().print(table, f"(besides {own:,.0f} s for making the rows)")


if __name__ == "__main__":
    typer.run(main)
