"""The table of the model beside its baselines, leave-authors-out: ``python -m training.comparison``."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from model.factors import FACTORS
from model.labelled import LabelledNarrative
from training import baselines
from training.corpus import NARRATIVES, read_corpus
from training.evaluation import Judgement, author_interval, derived, table
from training.fitting import fit, label_matrix
from training.shipping import judge
from training.splits import leave_authors_out, read_splits
from training.thresholds import provisional

System = Callable[[Sequence[LabelledNarrative], Sequence[LabelledNarrative], Sequence[LabelledNarrative]], Judgement]
"""Takes training, calibration and other narratives; judges the others."""

_COLUMNS: Final = ("auroc", "average_precision", "brier", "ece")


def signpost(
    training: Sequence[LabelledNarrative], calibration: Sequence[LabelledNarrative], held: Sequence[LabelledNarrative]
) -> Judgement:
    """Signpost's own model."""
    return judge(fit(training, calibration), [row.text for row in held])


def of_baseline(baseline: baselines.Baseline) -> System:
    """A baseline as a system."""

    def system(
        training: Sequence[LabelledNarrative],
        calibration: Sequence[LabelledNarrative],
        held: Sequence[LabelledNarrative],
    ) -> Judgement:
        return baselines.judge(
            baseline,
            [row.text for row in training],
            label_matrix(training),
            ([row.text for row in calibration], label_matrix(calibration)),
            [row.text for row in held],
        )

    return system


SYSTEMS: Final[dict[str, System]] = {
    "Signpost": signpost,
    **{name: of_baseline(b) for name, b in baselines.BASELINES.items()},
}


def held_out(system: System, rows: Sequence[LabelledNarrative], folds: Iterable[Any]) -> Judgement:
    """Every row judged by a system that has not seen its author."""
    probabilities, composed = np.empty((len(rows), len(FACTORS) + 1)), np.empty(len(rows))
    for training, calibration, held in folds:
        judged = system([rows[i] for i in training], [rows[i] for i in calibration], [rows[i] for i in held])
        probabilities[held], composed[held] = judged.probabilities, judged.composed
    return Judgement(probabilities, composed)


def figures(rows: Sequence[LabelledNarrative], judgement: Judgement) -> dict[str, Any]:
    """The table's figures, with 95% intervals over authors for those that matter most."""
    labels = label_matrix(rows)
    only, police = derived(labels)
    thresholds = provisional(judgement.composed, only, police)
    result = table(labels, judgement, thresholds)
    if thresholds.flag is None:
        return result
    flagged = judgement.composed >= thresholds.flag
    authors = [row.author for row in rows]
    result["intervals"] = {
        "recall": author_interval(lambda i: float(flagged[i][only[i]].mean()), authors),
        "unsafe_flag_rate": author_interval(lambda i: float(flagged[i][police[i]].mean()), authors),
    }
    return result


def main(limit: int | None = None) -> int:
    """Measure every system on the training and calibration authors and print the table."""
    splits = read_splits()
    rows = [r for r in read_corpus([NARRATIVES]) if splits.part(r) in ("training", "calibration")][:limit]
    folds = list(leave_authors_out(rows))
    console = Console(width=150)
    classes = Table(title=f"Leave-authors-out, {len(rows)} narratives, {len({r.author for r in rows})} writers")
    decisions = Table(title="At the provisional threshold (95% upper bound on the unsafe-flag rate at most 2%)")
    for name in ("system", "class", *_COLUMNS):
        classes.add_column(name)
    for name in (
        "system",
        "flag precision",
        "unsafe-flag rate",
        "bound",
        "recall",
        "review share",
        "recall 95% (authors)",
    ):
        decisions.add_column(name)
    for name, system in track(SYSTEMS.items(), console=Console(stderr=True), description="systems"):
        found = figures(rows, held_out(system, rows, folds))
        for kind in (*FACTORS, "mental_health_only"):
            classes.add_row(name, kind, *(f"{found[kind][c]:.3f}" for c in _COLUMNS))
        d = found["decisions"]
        low, high = found.get("intervals", {}).get("recall", (float("nan"), float("nan")))
        decisions.add_row(
            name,
            f"{d['flag_precision']:.3f}",
            f"{d['unsafe_flag_rate']:.2%}",
            f"{d['unsafe_flag_bound']:.2%}",
            f"{d['recall']:.1%}",
            f"{d['review_share']:.1%}",
            f"{low:.1%} to {high:.1%}",
        )
    console.print(classes)
    console.print(decisions)
    return 0


if __name__ == "__main__":
    sys.exit(main())
