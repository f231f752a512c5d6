"""The learning curve, leave-authors-out: ``python -m training.curve``. What it finds is kept for the notebook."""

import sys
from datetime import UTC, datetime
from typing import Final

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from model.labelled import LabelledNarrative
from training.corpus import NARRATIVES, read_corpus
from training.evaluation import derived
from training.evidence.learning import LearningCurve, keep_curve
from training.fitting import label_matrix, unfitted
from training.splits import read_splits

SIZES: Final = (500, 1000, 2000, 4000, 8000)
FOLDS: Final = 6


def held_out_scores(
    rows: list[LabelledNarrative], extra: list[LabelledNarrative], size: int, seed: int = 0
) -> np.ndarray:
    """Composed scores of ``rows``, each by a model trained on at most ``size`` narratives by other authors; ``extra``
    (the adversarial rows) may be trained on but are not judged."""
    rng = np.random.default_rng(seed)
    scores = np.empty(len(rows))
    authors = [row.author for row in rows]
    for inside, outside in GroupKFold(FOLDS).split(rows, groups=authors):
        pool = [rows[i] for i in inside] + extra
        chosen = [pool[i] for i in rng.permutation(len(pool))[:size]]
        model = unfitted().fit([r.text for r in chosen], label_matrix(chosen), [r.author for r in chosen])
        scores[outside] = model.judge([rows[i].text for i in outside]).composed
    return scores


def main() -> int:
    """Print AUROC, recall at 2% unsafe flags and misses at each size, and the exponent of the fall in misses."""
    splits = read_splits()
    rows = [r for r in read_corpus([NARRATIVES]) if splits.part(r) in ("training", "calibration")]
    own, extra = [r for r in rows if r.round == 0], [r for r in rows if r.round > 0]
    only, police = derived(label_matrix(own))
    table = Table(title=f"Learning curve, leave-authors-out, {len(own)} narratives judged")
    for column in ("trained on at most", "AUROC", "recall at 2% unsafe flags", "misses"):
        table.add_column(column)
    misses, auroc = [], []
    for size in track(SIZES, console=Console(stderr=True)):
        scores = held_out_scores(own, extra, size)
        dangerous = np.sort(scores[police])[::-1]
        recall = float((scores[only] > dangerous[int(0.02 * len(dangerous))]).mean())
        misses.append(1 - recall)
        auroc.append(float(roc_auc_score(only, scores)))
        table.add_row(str(size), f"{auroc[-1]:.4f}", f"{recall:.1%}", f"{1 - recall:.1%}")
    curve = LearningCurve(
        sizes=list(SIZES),
        auroc=auroc,
        misses=misses,
        measured=f"leave-authors-out, {len(own):,} free narratives by {len({r.author for r in own})} training and "
        f"calibration writers judged, {len(extra):,} adversarial ones trained on as well, {datetime.now(UTC):%Y-%m-%d}",
    )
    keep_curve(curve)
    console = Console()
    console.print(table)
    console.print(f"misses fall with the {curve.slope:.2f} power of the number of narratives")
    return 0


if __name__ == "__main__":
    sys.exit(main())
