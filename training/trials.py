"""What the behavioural suite and the swap pairs share: scores of many texts, shares with their intervals, bars that
are met or missed, and one command line. Nothing here, and nothing that either prints, repeats a narrative."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

from model.artefact import load
from model.errors import SignpostError
from model.labelled import LabelledNarrative
from model.narrative import Narrative
from model.score import Score
from model.scoring import TOGETHER, ManyScorer
from training.corpus import NARRATIVES, read_corpus
from training.splits import read_splits

PARTS: Final = ("training", "calibration", "test")
"""``test`` is opened once, at the end; so ``calibration`` is what a command reports unless asked."""

Figures = dict[str, Any]
Suite = Callable[[ManyScorer, Sequence[LabelledNarrative], int], Figures]


def score_texts(scorer: ManyScorer, texts: Sequence[str]) -> list[Score]:
    """One score for each text, with as few in hand at a time as the command line has."""
    scores: list[Score] = []
    for at in range(0, len(texts), TOGETHER):
        scores += scorer.score_many([Narrative.of(text) for text in texts[at : at + TOGETHER]])
    return scores


def share(held: Iterable[bool]) -> Figures:
    """How many of how many, and the share with its 95% interval (Wilson 1927), which holds near 0 and 1 too."""
    outcomes = list(held)
    hits, number = sum(outcomes), len(outcomes)
    if not number:
        return {"hits": 0, "number": 0, "share": None, "interval": None}
    interval = binomtest(hits, number).proportion_ci(method="wilson")
    return {
        "hits": hits,
        "number": number,
        "share": hits / number,
        "interval": [float(interval.low), float(interval.high)],
    }


def change(differences: Sequence[float]) -> Figures:
    """Median and 95th percentile of the absolute change in confidence."""
    sizes = np.abs(differences)
    if not len(sizes):
        return {"median": None, "p95": None}
    return {"median": float(np.median(sizes)), "p95": float(np.quantile(sizes, 0.95))}


def at_least(name: str, value: float | None, limit: float) -> Figures:
    """A bar from below. A bar with nothing to measure is missed: it must not pass for want of data."""
    return {"name": name, "value": value, "bar": f"at least {limit:g}", "met": value is not None and value >= limit}


def at_most(name: str, value: float | None, limit: float) -> Figures:
    """A bar from above; otherwise as ``at_least``."""
    return {"name": name, "value": value, "bar": f"at most {limit:g}", "met": value is not None and value <= limit}


def missed(figures: Figures) -> list[str]:
    """The names of the bars that were not met."""
    return [bar["name"] for bar in figures["bars"] if not bar["met"]]


def in_words(share_: Figures) -> str:
    """A share for a table."""
    if share_["share"] is None:
        return "-"
    low, high = share_["interval"]
    return f"{share_['share']:.1%} ({low:.1%} to {high:.1%})"


def decimal(value: float | None) -> str:
    """A change in confidence for a table."""
    return "-" if value is None else f"{value:.4f}"


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table whose first column names things and whose others hold figures."""
    made = Table(title=title, title_justify="left")
    for i, column in enumerate(columns):
        made.add_column(column, justify="left" if i == 0 else "right")
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    return made


def bars_table(figures: Figures) -> Table:
    """Every bar, met or missed."""
    return table(
        "Bars",
        ("bar", "asked", "measured", ""),
        (
            (b["name"], b["bar"], "-" if b["value"] is None else f"{b['value']:.4g}", "met" if b["met"] else "MISSED")
            for b in figures["bars"]
        ),
    )


def command(name: str, about: str, suite: Suite, tables: Callable[[Figures], list[Table]]) -> int:
    """Run a suite from the command line.

    Returns:
        0, or with ``--gate`` 1 when a bar was missed, naming it; 2 when there is no model or no data.
    """
    parser = argparse.ArgumentParser(prog=f"python -m training.{name}", description=about)
    parser.add_argument(
        "--models", type=Path, default=Path("var/models"), help="the registry whose current model is tried"
    )
    parser.add_argument("--part", choices=PARTS, default="calibration", help="whose narratives are altered")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--gate", action="store_true", help="exit 1 when a bar is missed")
    asked = parser.parse_args()
    console, errors = Console(width=150), Console(stderr=True)
    try:
        scorer = load(asked.models)
        rows = read_splits().of(read_corpus([NARRATIVES]), asked.part)
        with errors.status(f"{name}: {len(rows)} narratives of the {asked.part} part, altered and scored …"):
            figures = suite(scorer, rows, asked.seed)
    except SignpostError as error:
        errors.print(str(error), markup=False)
        return 2
    figures = {"model": scorer.version, "part": asked.part, "seed": asked.seed, **figures}
    for made in (*tables(figures), bars_table(figures)):
        console.print(made)
    if asked.json:
        asked.json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2) + b"\n")
    failures = missed(figures)
    if asked.gate and failures:
        sys.stderr.write("".join(f"missed: {failure}\n" for failure in failures))
        return 1
    return 0
