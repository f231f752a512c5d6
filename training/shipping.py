"""``make train``: the shipped model, from the corpus in ``data/`` and fixed hyperparameters."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from model.artefact import code_hash, current, files_hash, make_current, read_manifest, save
from model.calibration import probabilities
from model.classifier import Judged, NarrativeClassifier
from model.cues import load_kinds
from model.decision import Thresholds, decide, load_policy, load_stop_cues
from model.errors import ArtefactError
from model.narrative import Narrative
from model.profile import Profile
from model.reading import Reading
from model.scorer import Scorer
from model.scoring import TOGETHER
from training.corpus import DATA, NARRATIVES, read_corpus
from training.evaluation import Judgement, derived, table
from training.fitting import fit, label_matrix
from training.splits import SPLITS, read_splits
from training.thresholds import CalibrationPart, choose

MODELS: Final = Path("var/models")
LOCK: Final = Path(__file__).parent.parent / "requirements" / "runtime.txt"
_TRAINING: Final = Path(__file__).parent


def recipe() -> dict[str, str]:
    """Hashes of all that the shipped model depends on: data, training code and hyperparameters, lock."""
    return {
        "sha256": files_hash([*sorted(NARRATIVES.glob("*.jsonl")), SPLITS]),
        # Not over the folders below: they show what a model is worth and change nothing of it.
        "training": files_hash(p for p in sorted(_TRAINING.glob("*")) if p.suffix in {".py", ".toml"}),
        "lock": files_hash([LOCK]),
    }


def is_current(models: Path = MODELS, signing_key: str | None = None) -> bool:
    """Whether the current model matches code, data and lock, so that there is nothing to train."""
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
    only, police = derived(labels)
    judged = classifier.judge([row.text for row in calibration])
    part = CalibrationPart(
        judged.composed,
        only,
        police,
        np.array([row.register_ == "everyday" for row in calibration]),
        holds(classifier, judged.readings),
        [row.author for row in calibration],
    )
    thresholds, certificate = choose(part)
    figures: dict[str, Any] = {
        "on": f"calibration part: {len(calibration)} synthetic narratives by {len(splits.calibration)} writers that "
        "training has not seen; the same rows set the threshold and the interval, so read them as optimistic",
        "calibration": table(labels, as_judgement(classifier, judged), thresholds),
        "certificate": certificate,
        "seconds": round(time.monotonic() - began, 1),
    }
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    data = {**recipe(), "training_rows": len(training), "calibration_rows": len(calibration), "folder": DATA.name}
    name = created.replace(":", "").replace("-", "")
    save(
        classifier,
        thresholds,
        models / name,
        data=data,
        figures=figures,
        created=created,
        profile=profile_of(classifier, thresholds, [row.text for row in calibration]),
        signing_key=signing_key,
    )
    make_current(models, name)
    return models / name


def profile_of(classifier: NarrativeClassifier, thresholds: Thresholds, texts: Sequence[str]) -> Profile:
    """What the service would have counted of these texts, so that a profile of its own compares with it."""
    kinds = load_kinds()
    scorer = Scorer(
        classifier=classifier,
        thresholds=thresholds,
        stop_cues=load_stop_cues(kinds=kinds),
        policy=load_policy(kinds=kinds),
        version="",
        manifest={},
    )
    batches = (texts[start : start + TOGETHER] for start in range(0, len(texts), TOGETHER))
    scores = (score for batch in batches for score in scorer.score_many([Narrative.of(text) for text in batch]))
    return Profile.of(score.observation for score in scores if score.observation)


def judge(classifier: NarrativeClassifier, texts: list[str]) -> Judgement:
    """What the estimator says of texts, for evaluation."""
    return as_judgement(classifier, classifier.judge(texts))


def as_judgement(classifier: NarrativeClassifier, judged: Judged) -> Judgement:
    """The same from what the estimator has already said."""
    return Judgement(
        np.column_stack([probabilities(judged.calibrated), classifier.interval_(judged.composed)[0]]), judged.composed
    )


def holds(classifier: NarrativeClassifier, readings: Sequence[Reading]) -> list[tuple[str, ...]]:
    """What of the rule beside the threshold (stop cues, policy, unfamiliar text) would hold each narrative back from
    a flag, by code."""
    kinds = load_kinds()
    rules = (*load_stop_cues(kinds=kinds), *load_policy(kinds=kinds).rules)
    anything = Thresholds(flag=-np.inf, review=-np.inf, provisional=True, guarantee="")
    decided = (decide(0.0, r, anything, rules, classifier.strangeness(r)) for r in readings)
    return [() if decision == "flag" else tuple(b.code for b in because) for decision, because, _ in decided]
