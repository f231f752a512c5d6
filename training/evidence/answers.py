"""What each system says of a part, how quickly, and how much room it takes on disk."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.artefact import ESTIMATOR, current
from model.features import Floats
from model.labelled import LabelledNarrative
from model.score import Score
from model.scorer import Scorer
from training import baselines
from training.evidence.parts import Part
from training.fitting import label_matrix
from training.shipping import holds
from training.testing import Answers
from training.thresholds import BARS, guaranteed, part_of
from training.trials import score_texts


@dataclass(frozen=True, slots=True)
class Answered:
    """One system's answers. ``scores`` order the narratives (thresholds act on them), ``may`` says which the rest of
    the rule lets be flagged, ``cut`` is the flagging threshold, ``low`` the one below which a call passes (``None``
    where there is none); ``per_second`` counts narratives a second of one core's time, ``stored`` bytes."""

    name: str
    answers: Answers
    scores: Floats
    may: np.ndarray
    cut: float | None
    low: float | None
    per_second: float
    stored: int


def of_signpost(scorer: Scorer, models: Path, part: Part) -> tuple[Answered, list[Score]]:
    """The model's whole rule, timed as the command line runs it, and the scores with their reasons."""
    began = time.process_time()
    scores = score_texts(scorer, part.texts)
    seconds = time.process_time() - began
    judged = scorer.classifier.judge(part.texts)
    answers = Answers(
        np.array([[*s.factors.values(), s.confidence] for s in scores]),
        np.array([s.decision == "flag" for s in scores]),
        np.array([s.decision == "pass" for s in scores]),
    )
    answered = Answered(
        name="Signpost",
        answers=answers,
        scores=judged.composed,
        may=np.array([not held for held in holds(scorer.classifier, judged)]),
        cut=scorer.thresholds.flag,
        low=scorer.thresholds.review,
        per_second=len(part.rows) / seconds,
        stored=(current(models) / ESTIMATOR).stat().st_size,
    )
    return answered, scores


def of_baseline(
    name: str,
    baseline: baselines.Baseline,
    training: Sequence[LabelledNarrative],
    calibration: Sequence[LabelledNarrative],
    part: Part,
) -> Answered:
    """A baseline fitted on the same narratives, calibrated and certified on the same calibration part."""
    fitted = baseline([row.text for row in training], label_matrix(training))
    own, truth = fitted.logits([row.text for row in calibration]), label_matrix(calibration)
    began = time.process_time()
    logits = fitted.logits(part.texts)
    seconds = time.process_time() - began
    calibrating, judged = baselines.calibrated(own, truth, own), baselines.calibrated(own, truth, logits)
    cut = guaranteed(part_of(calibration, calibrating.composed), BARS[0])
    nothing = np.zeros(len(part.rows), dtype=bool)
    return Answered(
        name=name,
        answers=Answers(judged.probabilities, judged.composed >= cut if cut is not None else nothing, nothing),
        scores=judged.composed,
        may=~nothing,
        cut=cut,
        low=None,
        per_second=len(part.rows) / seconds,
        stored=fitted.stored(),
    )
