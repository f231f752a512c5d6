"""Training rows whose form gives their label away, out of the corpus: ``python -m training.set_aside``.

After AFLite (Le Bras et al. 2020, arXiv 2002.04108), with the artefact audit's models of form in place of embeddings:
while form tells the label too well, the training rows that it tells best are moved to ``data/set_aside/``, as many of
either class as keep its share. No row is lost, no text or label is changed, and no model of words is asked. Run once
after composing; ``make audit`` measures what is left.
"""

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import orjson
from rich.console import Console
from sklearn.metrics import roc_auc_score

from model.labelled import LabelledNarrative
from training.audit import FORM_BAR, told_by_form
from training.corpus import DATA, NARRATIVES, read_corpus
from training.splits import Splits, read_splits

SET_ASIDE: Final = DATA / "set_aside"
STEP: Final = 0.02
"""The share of the training rows that goes in one round."""
MARGIN: Final = 0.005
"""How far below the audit's bar the filter aims: another division into folds tells a little more or less."""


def telltale(
    rows: Sequence[LabelledNarrative], splits: Splits, bar: float = FORM_BAR - MARGIN
) -> list[LabelledNarrative]:
    """The training rows to set aside until form tells no more than ``bar`` (AUROC), the most telling first."""
    kept = list(rows)
    gone: list[LabelledNarrative] = []
    for seed in range(1, 100):
        told = told_by_form(kept, seed)
        only = np.array([row.mental_health_only for row in kept])
        if max(roc_auc_score(only, p) for p in told) <= bar:
            return gone
        training = np.array([splits.part(row) == "training" for row in kept])
        out = most_telling(only, np.mean(told, axis=0), training)
        gone += [kept[i] for i in out]
        kept = [row for i, row in enumerate(kept) if i not in set(out)]
    return gone


def most_telling(only: np.ndarray, told: np.ndarray, may_go: np.ndarray, step: float = STEP) -> list[int]:
    """Positions of the rows whose label form tells best, of each class in proportion to its share of ``may_go``."""
    number = max(1, round(step * may_go.sum()))
    positive = round(number * float(only[may_go].mean()))
    out: list[int] = []
    for sign, members, count in ((1, only & may_go, positive), (-1, ~only & may_go, number - positive)):
        places = np.flatnonzero(members)
        support = told[places] if sign > 0 else 1 - told[places]
        out += [int(i) for i in places[np.argsort(-support, kind="stable")[:count]]]
    return out


def move(gone: Sequence[LabelledNarrative], narratives: Path = NARRATIVES, aside: Path = SET_ASIDE) -> None:
    """Move rows from the corpus, file by file, each line as it stands."""
    ids = {row.id for row in gone}
    aside.mkdir(exist_ok=True)
    for path in sorted(narratives.glob("*.jsonl")):
        lines = defaultdict(list)
        for line in path.read_bytes().splitlines(keepends=True):
            lines[orjson.loads(line)["id"] in ids].append(line)
        if lines[True]:
            with (aside / path.name).open("ab") as file:
                file.writelines(lines[True])
            path.write_bytes(b"".join(lines[False]))


def main() -> int:
    """Filter the corpus."""
    rows = read_corpus([NARRATIVES])
    gone = telltale(rows, read_splits())
    move(gone)
    Console().print(f"{len(gone)} of {len(rows)} narratives set aside, {len(rows) - len(gone)} left")
    return 0


if __name__ == "__main__":
    sys.exit(main())
