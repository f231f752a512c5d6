"""``make train``: the shipped model, from the corpus in ``data/`` and fixed hyperparameters."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from model.artefact import current, files_hash, make_current, read_manifest, save
from model.classifier import NarrativeClassifier
from model.errors import ArtefactError
from training.corpus import DATA, NARRATIVES, read_corpus
from training.evaluation import Judgement, derived, table
from training.fitting import fit, label_matrix
from training.splits import SPLITS, read_splits
from training.thresholds import provisional

MODELS: Final = Path("var/models")
LOCK: Final = Path(__file__).parent.parent / "requirements" / "runtime.txt"
_TRAINING: Final = Path(__file__).parent


def recipe() -> dict[str, str]:
    """Hashes of all that the shipped model depends on: data, training code and hyperparameters, lock."""
    return {
        "sha256": files_hash([*sorted(NARRATIVES.glob("*.jsonl")), SPLITS]),
        "training": files_hash(p for p in sorted(_TRAINING.rglob("*")) if p.suffix in {".py", ".toml"}),
        "lock": files_hash([LOCK]),
    }


def is_current(models: Path = MODELS, signing_key: str | None = None) -> bool:
    """Whether the current model matches code, data and lock, so that there is nothing to train."""
    from model.artefact import code_hash

    try:
        manifest = read_manifest(current(models), signing_key)
    except ArtefactError:
        return False
    return manifest["code"] == code_hash() and {k: manifest["data"].get(k) for k in recipe()} == recipe()


def train(models: Path = MODELS, signing_key: str | None = None, progress: Callable[[str], None] | None = None) -> Path:
    """Train the shipped model, save it into the registry ``models`` and make it current.

    Raises:
        DataError: the corpus or the splits do not read.
    """
    began = time.monotonic()
    rows, splits = read_corpus([NARRATIVES]), read_splits()
    training, calibration = splits.of(rows, "training"), splits.of(rows, "calibration")
    classifier = fit(training, calibration, progress=progress)
    if progress:
        progress("thresholds")
    labels = label_matrix(calibration)
    judgement = judge(classifier, [row.text for row in calibration])
    thresholds = provisional(judgement.composed, *derived(labels))
    figures: dict[str, Any] = {
        "on": f"calibration part: {len(calibration)} synthetic narratives by {len(splits.calibration)} writers that "
        "training has not seen; the same rows set the threshold and the interval, so read them as optimistic",
        "calibration": table(labels, judgement, thresholds),
        "seconds": round(time.monotonic() - began, 1),
    }
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    data = {**recipe(), "training_rows": len(training), "calibration_rows": len(calibration), "folder": DATA.name}
    name = created.replace(":", "").replace("-", "")
    save(classifier, thresholds, models / name, data=data, figures=figures, created=created, signing_key=signing_key)
    make_current(models, name)
    return models / name


def judge(classifier: NarrativeClassifier, texts: list[str]) -> Judgement:
    """What the estimator says of texts, for evaluation."""
    import numpy as np

    from model.calibration import probabilities

    judged = classifier.judge(texts)
    return Judgement(
        np.column_stack([probabilities(judged.calibrated), classifier.interval_(judged.composed)[0]]), judged.composed
    )
