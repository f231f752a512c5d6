"""From labelled narratives to a fitted, calibrated estimator."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from model.classifier import NarrativeClassifier
from model.factors import FACTORS
from model.features import Featuriser
from model.heads import ClauseHead
from model.labelled import LabelledNarrative
from model.reader.encoder import Reader

HYPERPARAMETERS: Final = Path(__file__).parent / "hyperparameters.toml"


@dataclass(frozen=True, slots=True)
class Beside:
    """A tuned reader to stand beside the heads, and the narratives that fix what it counts there: by writers that
    neither the reader nor the heads have learnt from."""

    reader: Reader
    combining: Sequence[LabelledNarrative]


def label_matrix(rows: Sequence[LabelledNarrative]) -> np.ndarray:
    """Booleans, narratives × 4, columns as ``FACTORS``."""
    return np.array([[getattr(row, factor) for factor in FACTORS] for row in rows], dtype=bool)


def read_hyperparameters(path: Path = HYPERPARAMETERS) -> dict[str, Any]:
    """The fixed hyperparameters of ``make train``."""
    with path.open("rb") as file:
        return tomllib.load(file)


def unfitted(hyperparameters: dict[str, Any] | None = None) -> NarrativeClassifier:
    """The estimator with the given or the fixed hyperparameters."""
    chosen = hyperparameters or read_hyperparameters()
    return NarrativeClassifier(Featuriser(**_tuples(chosen["featuriser"])), ClauseHead(**chosen["head"]))


def fit(
    training: Sequence[LabelledNarrative],
    calibration: Sequence[LabelledNarrative],
    hyperparameters: dict[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
    groups: Sequence[str] | None = None,
    beside: Beside | None = None,
) -> NarrativeClassifier:
    """Fit on one set of authors, calibrate on another. ``groups`` stand in for the training rows' authors; ``beside``
    brings a reader."""
    classifier = unfitted(hyperparameters)
    texts = [row.text for row in training]
    classifier.fit(texts, label_matrix(training), groups or [row.author for row in training], progress)
    if beside:
        if progress:
            progress("combining")
        classifier.set_params(reader=beside.reader)
        classifier.combine([row.text for row in beside.combining], label_matrix(beside.combining))
    if progress:
        progress("calibrating")
    return classifier.calibrate([row.text for row in calibration], label_matrix(calibration))


def _tuples(table: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
