"""Labels to look at again: ``python -m training.doubts`` asks models that have not seen a writer about his labels."""

import csv
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
from cleanlab.filter import find_label_issues
from rich.console import Console

from model.factors import FACTORS
from model.features import Floats
from model.labelled import LabelledNarrative
from model.scoring import harmless_row
from training.comparison import held_out, signpost
from training.corpus import NARRATIVES, read_corpus
from training.fitting import label_matrix
from training.splits import leave_authors_out, read_splits

OUTPUT: Final = Path("var/doubts.csv")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that the model doubts: it stands as ``labelled``, and its probability of being so is ``support``."""

    id: str
    factor: str
    labelled: bool
    support: float


def find(rows: Sequence[LabelledNarrative], probabilities: Floats) -> list[Doubt]:
    """Confident learning (Northcutt, Jiang and Chuang 2021, doi 10.1613/jair.1.12125), each factor by itself.

    A label is doubted when it is both among as many of the least likely ones as the estimated noise of its class,
    and off the estimated diagonal (cleanlab's ``both``, its strictest rule).

    Args:
        rows: labelled narratives.
        probabilities: of each factor (narratives × 4 or more, columns as ``FACTORS``), from models that have not
            seen the narrative's author.

    Returns:
        The doubted labels, the least likely first.
    """
    labels = label_matrix(rows)
    doubts = []
    for column, factor in enumerate(FACTORS):
        p = probabilities[:, column]
        number = find_label_issues(
            labels[:, column].astype(int),
            np.column_stack([1 - p, p]),
            return_indices_ranked_by="self_confidence",
            filter_by="both",
            n_jobs=1,
        )
        doubts += [
            Doubt(rows[i].id, factor, bool(labels[i, column]), float(p[i] if labels[i, column] else 1 - p[i]))
            for i in number
        ]
    return sorted(doubts, key=lambda doubt: doubt.support)


def write(doubts: Sequence[Doubt], path: Path) -> None:
    """As CSV, without any narrative."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Doubt)])
        writer.writeheader()
        writer.writerows(harmless_row(asdict(doubt)) for doubt in doubts)


def main() -> int:
    """Doubt the labels of the training and calibration authors; the tests' are left alone."""
    splits = read_splits()
    rows = [r for r in read_corpus([NARRATIVES]) if splits.part(r) in ("training", "calibration")]
    judged = held_out(signpost, rows, leave_authors_out(rows))
    doubts = find(rows, judged.probabilities)
    write(doubts, OUTPUT)
    by_factor = Counter(doubt.factor for doubt in doubts)
    Console().print(f"{len(doubts)} of {len(rows) * len(FACTORS)} labels are doubted: {dict(by_factor)} → {OUTPUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
