"""The search over a small, stated space of hyperparameters, by grouped cross-validation.

Every finished fold is kept under the hash of all that went into it, so a run that was cut short computes none twice,
and the result does not depend on the order in which folds finish. The work goes through joblib, on a Dask cluster
within ``model.bulk.cluster.connected``.
"""

import copy
import hashlib
import itertools
import json
import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from joblib import Parallel, delayed
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold

from model.artefact import code_hash, libraries
from model.features import Floats
from model.labelled import LabelledNarrative
from training.evaluation import derived
from training.fitting import label_matrix, read_hyperparameters
from training.folds import Fold, compute, lying_at

SPACE: Final = Path(__file__).parent / "search.toml"
UNSAFE: Final = 0.02
FEWEST_GROUPS: Final = 4
"""One is held out, and the estimator wants three for folds of its own."""
_LEAST: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Candidate:
    """One combination and how it did on rows it had not seen: recall at 2% unsafe flags, then log loss."""

    hyperparameters: dict[str, Any]
    changed: dict[str, Any]
    recall: float
    loss: float


def search(
    rows: Sequence[LabelledNarrative],
    groups: Sequence[str],
    kept: Path,
    seed: int = 0,
    jobs: int = -1,
    progress: Callable[[int, int], None] | None = None,
    space: Path = SPACE,
) -> list[Candidate]:
    """Every combination, the best first.

    Args:
        rows: what the model may learn from.
        groups: of the rows; none is cut between folds.
        kept: the folder of finished folds.
        seed: of the rows drawn and of the folds.
        jobs: processes, as joblib counts them.
        progress: told how many folds are done, of how many.
        space: the file that states it.

    Raises:
        SignpostError: ``code-mismatch`` where a worker has another Signpost, ``internal-error``; finished folds stay.
    """
    table = tomllib.loads(space.read_text())
    rows, groups = _drawn(rows, groups, table["most_rows"], seed)
    number = len(set(groups))
    folds = table["folds"]
    if number - math.ceil(number / folds) < FEWEST_GROUPS - 1:
        folds = number  # one group at a time
    splits = list(GroupKFold(folds, shuffle=True, random_state=seed).split(rows, groups=groups))
    combinations = [
        dict(zip(table["space"], values, strict=True)) for values in itertools.product(*table["space"].values())
    ]
    kept = kept.resolve()
    kept.mkdir(parents=True, exist_ok=True)
    data, code = _hash([row.model_dump(mode="json") for row in rows], list(groups)), code_hash()
    written = kept / f"{data}.jsonl"
    tasks = []
    for changed in combinations:
        hyperparameters = _with(changed)
        for inside, outside in splits:
            positions = tuple(map(int, inside)), tuple(map(int, outside))
            name = _hash(code, libraries(), data, hyperparameters, positions)
            tasks.append(Fold(hyperparameters, *positions, kept / f"{name}.npz", written, code))
    waiting = [task for task in tasks if not task.path.exists()]
    done = len(tasks) - len(waiting)
    if progress:
        progress(done, len(tasks))
    if waiting:
        with lying_at(written, rows, groups):
            work = Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")
            for error in work(delayed(compute)(task) for task in waiting):
                if error is not None:
                    raise error
                done += 1
                if progress:
                    progress(done, len(tasks))
    only, police = derived(label_matrix(rows))
    found = []
    for number, changed in enumerate(combinations):
        own = tasks[number * folds : (number + 1) * folds]
        scores = np.empty(len(rows))
        for task in own:
            with np.load(task.path) as stored:
                scores[list(task.outside)] = stored["composed"]
        probability = np.clip(np.exp(scores), _LEAST, 1 - _LEAST)
        loss = float(log_loss(only, probability, labels=[False, True]))
        found.append(Candidate(own[0].hyperparameters, changed, recall_at(scores, only, police), loss))
    return sorted(found, key=lambda c: (-c.recall, c.loss))


def recall_at(scores: Floats, only: np.ndarray, police: np.ndarray, unsafe: float = UNSAFE) -> float:
    """The share of mental-health-only narratives above the threshold at which this share of those that need the police
    would be flagged."""
    dangerous = np.sort(scores[police])[::-1]
    if not len(dangerous) or not only.any():
        return 0.0
    return float((scores[only] > dangerous[min(int(unsafe * len(dangerous)), len(dangerous) - 1)]).mean())


def _drawn(
    rows: Sequence[LabelledNarrative], groups: Sequence[str], most: int, seed: int
) -> tuple[list[LabelledNarrative], list[str]]:
    """Whole groups, in an order that the seed gives, until there are rows enough."""
    taken: set[str] = set()
    sizes = dict(zip(*np.unique(np.array(groups), return_counts=True), strict=True))
    number = 0
    for group in np.random.default_rng(seed).permutation(sorted(sizes)):
        if len(taken) >= FEWEST_GROUPS and number + int(sizes[group]) > most:
            continue
        taken.add(str(group))
        number += int(sizes[group])
    places = [i for i, group in enumerate(groups) if group in taken]
    return [rows[i] for i in places], [groups[i] for i in places]


def _with(changed: dict[str, Any]) -> dict[str, Any]:
    hyperparameters = copy.deepcopy(read_hyperparameters())
    for name, value in changed.items():
        part, field = name.split(".")
        hyperparameters[part][field] = value
    return hyperparameters


def _hash(*values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:32]
