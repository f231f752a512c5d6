"""What is judged: the two tests together, or a force's own labelled narratives."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from model.labelled import LabelledNarrative
from training.corpus import NARRATIVES, read_corpus
from training.evaluation import derived
from training.fitting import label_matrix
from training.splits import Splits, read_splits
from training.testing import PARTS

FEWEST_WRITERS = 5
"""Fewer writers than this say nothing about how writers differ; then scenarios are drawn instead."""


@dataclass(frozen=True)
class Part:
    """Labelled narratives under a name. ``ours`` says whether they are the project's own synthetic ones; ``groups``,
    one a narrative, what must be drawn together where that is known better than by writer."""

    name: str
    rows: Sequence[LabelledNarrative]
    ours: bool
    groups: Sequence[str] = ()

    @cached_property
    def labels(self) -> np.ndarray:
        """Narratives × 4."""
        return label_matrix(self.rows)

    @cached_property
    def only(self) -> np.ndarray:
        """Which are mental health only."""
        return derived(self.labels)[0]

    @cached_property
    def police(self) -> np.ndarray:
        """Which need the police: where a flag would be unsafe."""
        return derived(self.labels)[1]

    @cached_property
    def everyday(self) -> np.ndarray:
        """Which are of the everyday register, the one most like a control room's day."""
        return np.array([row.register_ == "everyday" for row in self.rows])

    @cached_property
    def texts(self) -> list[str]:
        """The narratives."""
        return [row.text for row in self.rows]

    @cached_property
    def units(self) -> list[str]:
        """What the bootstrap draws, one a narrative: groups, writers, or scenarios where writers are too few."""
        if self.groups:
            return list(self.groups)
        writers = [row.author for row in self.rows]
        return writers if len(set(writers)) >= FEWEST_WRITERS else [f"{r.author}/{r.scenario}" for r in self.rows]


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that the notebook looks at. ``training`` and ``calibration`` serve the baselines; ``judged`` is
    reported on and chooses nothing."""

    training: Part
    calibration: Part
    judged: Part
    splits: Splits


def material(data: Path | str | None = None, limit: int | None = None) -> Material:
    """Read what is to be judged.

    Args:
        data: labelled narratives of one's own (a JSON Lines file or a folder of them); the two tests otherwise.
        limit: at most this many narratives of each part, spread over its writers; all otherwise.

    Raises:
        DataError: a file is missing or has faulty rows, each named with its line.
    """
    rows, splits = read_corpus([NARRATIVES]), read_splits()
    held = [row for row in rows if splits.part(row) in PARTS]
    judged = (
        Part(f"{len({r.author for r in held})} unseen writers", some(held, limit), ours=True)
        if data is None
        else Part(Path(data).name, some(read_corpus([Path(data)]), limit), ours=False)
    )
    return Material(
        training=Part("training", some(splits.of(rows, "training"), limit), ours=True),
        calibration=Part("calibration", some(splits.of(rows, "calibration"), limit), ours=True),
        judged=judged,
        splits=splits,
    )


def some(rows: Sequence[LabelledNarrative], limit: int | None) -> Sequence[LabelledNarrative]:
    """At most ``limit`` of the rows, drawn by their ids: the same ones every time."""
    if limit is None or len(rows) <= limit:
        return rows
    chosen = {row.id for row in sorted(rows, key=lambda r: hashlib.sha256(r.id.encode()).digest())[:limit]}
    return [row for row in rows if row.id in chosen]
