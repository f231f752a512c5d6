"""``make train``: the shipped model, from the corpus in ``data/`` and fixed hyperparameters."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from model.artefact import code_hash, current, files_hash, read_manifest, save
from model.calibration import probabilities
from model.classifier import Judged, NarrativeClassifier
from model.cues import load_kinds
from model.decision import Thresholds, decide, load_policy, load_stop_cues
from model.errors import ArtefactError
from model.labelled import LabelledNarrative
from model.narrative import Narrative
from model.profile import Profile
from model.scorer import Scorer
from model.scoring import TOGETHER
from training.corpus import DATA, NARRATIVES, read_corpus
from training.distillation import drawn
from training.evaluation import Judgement, table
from training.fitting import Beside, fit, label_matrix
from training.promotion import switch
from training.seen import SEEN, seen_by
from training.splits import SPLITS, read_splits
from training.thresholds import GRID, CalibrationPart, choose, part_of

MODELS: Final = Path("var/models")
LOCK: Final = Path(__file__).parent.parent / "requirements" / "runtime.txt"
_TOGETHER: Final = 2048
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
    """Whether there is nothing to train: the current model matches code, data and lock, or is a force's own, which
    only its own data can make again."""
    try:
        manifest = read_manifest(current(models), signing_key)
    except ArtefactError:
        return False
    if manifest["data"].get("retrained"):
        return bool(manifest["code"] == code_hash())
    return manifest["code"] == code_hash() and {k: manifest["data"].get(k) for k in recipe()} == recipe()


def train(
    models: Path = MODELS,
    signing_key: str | None = None,
    progress: Callable[[str], None] | None = None,
    with_reader: bool = False,
    pool: Path | None = None,
) -> Path:
    """Train the shipped model, save it into the registry ``models`` and make it current. ``with_reader`` tunes a
    reader first (many minutes); a ``pool`` of judged narratives trains the heads too (``distillation.py``).

    Raises:
        DataError: the corpus or the splits do not read, or ``reader-training-missing``.
    """
    rows, splits = read_corpus([NARRATIVES]), read_splits()
    training, calibration = splits.of(rows, "training"), splits.of(rows, "calibration")
    distilled = drawn(pool) if pool else []
    of_what = f"synthetic narratives by {len(splits.calibration)} writers"
    if with_reader:
        from training.reader.making import make_reader  # here, because PyTorch comes with the extra alone

        made = make_reader(training, [row.author for row in training], progress=progress)
        combining = {row.author for row in made.beside.combining}
        distilled = [row for row in distilled if row.author not in combining]
        learning = [training[i] for i in made.others]
        built = build(learning, calibration, of_what, progress=progress, beside=made.beside, distilled=distilled)
        built.figures["reader"] = made.figures
    else:
        built = build(training, calibration, of_what, progress=progress, distilled=distilled)
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    data = {**recipe(), "training_rows": len(training), "calibration_rows": len(calibration), "folder": DATA.name}
    if pool:
        data |= {"pool": files_hash([pool]), "pool_rows": len(distilled)}
    name = created.replace(":", "").replace("-", "")
    save(
        built.classifier,
        built.thresholds,
        models / name,
        data=data,
        figures=built.figures,
        created=created,
        profile=built.profile,
        signing_key=signing_key,
        attachments={SEEN: seen_by([*training, *calibration])},
    )
    switch(models, name, "trained from data/")
    return models / name


@dataclass(frozen=True, slots=True)
class Built:
    """An estimator, its thresholds, and its figures and profile on the calibration part."""

    classifier: NarrativeClassifier
    thresholds: Thresholds
    figures: dict[str, Any]
    profile: Profile


def build(
    training: Sequence[LabelledNarrative],
    calibration: Sequence[LabelledNarrative],
    of_what: str,
    hyperparameters: dict[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
    groups: Sequence[str] | None = None,
    beside: Beside | None = None,
    distilled: Sequence[LabelledNarrative] = (),
) -> Built:
    """Fit, calibrate, cut and measure.

    Args:
        training: what the estimator learns from.
        calibration: by others; sets the thresholds and the interval.
        of_what: what the calibration rows are, in words.
        hyperparameters: as in ``hyperparameters.toml``, which is the default.
        progress: told each step as it begins.
        groups: of the training rows, in place of their authors.
        beside: a tuned reader and the rows that combine it with the heads, none of them among ``training``.
        distilled: rows to learn from as well whose labels a model drew, so that nothing is measured on them.
    """
    began = time.monotonic()
    classifier = fit([*training, *distilled], calibration, hyperparameters, progress, groups, beside)
    if progress:
        progress("thresholds")
    labels = label_matrix(calibration)
    judged, held = _answers(classifier, [row.text for row in calibration])
    others = _combined(classifier, beside) if beside else _out_of_fold(classifier, training, groups)
    thresholds, certificate = choose(part_of(calibration, judged.composed, held), others)
    figures: dict[str, Any] = {
        "on": f"calibration part: {len(calibration)} {of_what} that training has not seen; the same rows set the "
        "threshold and the interval, so read them as optimistic",
        "calibration": table(labels, judged, thresholds),
        "certificate": certificate,
        "seconds": round(time.monotonic() - began, 1),
    }
    profile = profile_of(classifier, thresholds, [row.text for row in calibration])
    return Built(classifier, thresholds, figures, profile)


def _out_of_fold(
    classifier: NarrativeClassifier, rows: Sequence[LabelledNarrative], groups: Sequence[str] | None
) -> CalibrationPart:
    """The training rows as heads saw them that had not learnt from their writers (or groups)."""
    part = part_of(rows, classifier.out_of_fold_scores_[: len(rows)])
    # What else holds a flag back is asked of those alone that could be unsafe flags: no other row's counts.
    near = np.flatnonzero(part.police & (part.scores >= GRID[-1])).tolist()
    held: list[tuple[str, ...]] = [()] * len(rows)
    if near:
        for i, codes in zip(near, _answers(classifier, [rows[i].text for i in near])[1], strict=True):
            held[i] = codes
    return replace(part, holds=held, authors=groups or part.authors)


def _combined(classifier: NarrativeClassifier, beside: Beside) -> CalibrationPart:
    """The rows that only combined the reader with the heads: a handful of numbers learnt from them."""
    judged, held = _answers(classifier, [row.text for row in beside.combining])
    return part_of(beside.combining, judged.composed, held)


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


def _answers(classifier: NarrativeClassifier, texts: Sequence[str]) -> tuple[Judgement, list[tuple[str, ...]]]:
    """What the estimator says of texts, and what ``holds`` each back; in pieces, for memory's sake."""
    answers: list[Judgement] = []
    held: list[tuple[str, ...]] = []
    for at in range(0, len(texts), _TOGETHER):
        judged = classifier.judge(texts[at : at + _TOGETHER])
        answers.append(as_judgement(classifier, judged))
        held += holds(classifier, judged)
    columns = [a.probabilities for a in answers], [a.composed for a in answers]
    return Judgement(*map(np.concatenate, columns)), held


def judge(classifier: NarrativeClassifier, texts: Sequence[str]) -> Judgement:
    """What the estimator says of texts, for evaluation."""
    return _answers(classifier, texts)[0]


def as_judgement(classifier: NarrativeClassifier, judged: Judged) -> Judgement:
    """The same from what the estimator has already said."""
    return Judgement(
        np.column_stack([probabilities(judged.calibrated), classifier.interval_(judged.composed)[0]]), judged.composed
    )


def holds(classifier: NarrativeClassifier, judged: Judged) -> list[tuple[str, ...]]:
    """What of the rule beside the threshold (stop cues, policy, unfamiliar text, a reader that disagrees) would hold
    each narrative back from a flag, by code."""
    kinds = load_kinds()
    rules = (*load_stop_cues(kinds=kinds), *load_policy(kinds=kinds).rules)
    anything = Thresholds(flag=-np.inf, review=-np.inf, provisional=True, guarantee="")
    decided = (
        decide(0.0, reading, anything, rules, classifier.strangeness(judged, i))
        for i, reading in enumerate(judged.readings)
    )
    return [() if decision == "flag" else tuple(b.code for b in because) for decision, because, _ in decided]
