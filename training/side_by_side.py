"""Models side by side, for reporting only: ``python -m training.side_by_side default=var/models reader=…``

On the calibration part every writer is judged at thresholds set by the others, so that no row sets its own; on both
tests, and on the contrast sets, at the thresholds of the calibration part. Nothing is chosen here.
"""

import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import orjson
import typer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut

from model.artefact import current, load
from model.decision import decide
from model.factors import FACTORS
from model.features import Floats
from model.labelled import LabelledNarrative
from model.narrative import Narrative
from model.scorer import Scorer
from training.behaviour import behaviour
from training.corpus import CONTRAST, NARRATIVES, read_contrast, read_corpus
from training.evaluation import author_interval, expected_calibration_error
from training.fitting import label_matrix
from training.shipping import as_judgement, holds
from training.splits import read_splits
from training.thresholds import BARS, CalibrationPart, guaranteed, part_of

PARTS: Final = ("calibration", "test", "test_unseen_families")
CLASSES: Final = (*FACTORS, "mental_health_only")
TIMED: Final = {"60": (55, 65), "200": (150, 260)}
"""Narratives of so many words are timed one by one."""
_TIMED_AT_MOST: Final = 150
_TOGETHER: Final = 256

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a model says of a part: probabilities (narratives × 5), what it would flag at each bar, decisions at the
    first bar."""

    rows: Sequence[LabelledNarrative]
    probabilities: Floats
    part: CalibrationPart
    review: np.ndarray


def side_by_side(scorer: Scorer) -> Figures:
    """All figures of one model, JSON-able; every interval by a bootstrap over writers."""
    rows, splits = read_corpus([NARRATIVES]), read_splits()
    looked = {name: look(scorer, splits.of(rows, name)) for name in PARTS}
    certificate = scorer.manifest["figures"]["certificate"]["bars"]
    cuts = {f"{bar:.0%}": certificate[f"{bar:.0%}"]["threshold"] for bar in BARS}
    found: Figures = {"model": scorer.version, "thresholds": cuts, "parts": {}}
    for name, one in looked.items():
        own = name == "calibration"
        flagged = {
            bar: cross_fitted(one.part, float(bar.rstrip("%")) / 100) if own else _above(one.part, cut)
            for bar, cut in cuts.items()
        }
        found["parts"][name] = figures(one, flagged)
    capabilities = behaviour(scorer, read_contrast([CONTRAST]), [])["contrast"]
    return found | {"contrast": capabilities, "cost": cost(scorer, splits.of(rows, "calibration"))}


def look(scorer: Scorer, rows: Sequence[LabelledNarrative]) -> Looked:
    """A model's answers to the narratives of a part, a few at a time."""
    classifier = scorer.classifier
    probabilities, composed, held, review = [], [], [], []
    for at in range(0, len(rows), _TOGETHER):
        judged = classifier.judge([row.text for row in rows[at : at + _TOGETHER]])
        answers = as_judgement(classifier, judged)
        probabilities.append(answers.probabilities)
        composed.append(answers.composed)
        held += holds(classifier, judged)
        rules = (*scorer.stop_cues, *scorer.policy.rules)
        review += [
            decide(float(score), reading, scorer.thresholds, rules, classifier.strangeness(judged, i))[0] == "review"
            for i, (score, reading) in enumerate(zip(answers.composed, judged.readings, strict=True))
        ]
    part = part_of(rows, np.concatenate(composed), held)
    return Looked(rows, np.concatenate(probabilities), part, np.array(review))


def cross_fitted(part: CalibrationPart, bar: float) -> np.ndarray:
    """What is flagged when each writer's threshold is certified on the others."""
    flagged = np.zeros(len(part.scores), dtype=bool)
    for others, own in LeaveOneGroupOut().split(part.scores, groups=part.authors):
        cut = guaranteed(_rows_of(part, others), bar)
        flagged[own] = _above(_rows_of(part, own), cut)
    return flagged


def figures(looked: Looked, flagged: Mapping[str, np.ndarray]) -> Figures:
    """Of one part: recall and unsafe flags at each bar, AUROC and calibration error of each class, review share."""
    part, authors = looked.part, looked.part.authors
    labels = label_matrix(looked.rows)
    targets = np.column_stack([labels, part.only])

    def rate(values: np.ndarray, among: np.ndarray) -> Figures:
        interval = author_interval(lambda i: _mean(values[i][among[i]]), authors)
        return {"rate": _mean(values[among]), "of": int(among.sum()), "interval": interval}

    def auroc(k: int, i: np.ndarray) -> float:
        y = targets[i, k]
        return float(roc_auc_score(y, looked.probabilities[i, k])) if 0 < y.sum() < len(y) else float("nan")

    every = np.arange(len(targets))
    return {
        "narratives": len(targets),
        "bars": {
            bar: {"recall": rate(chosen, part.only), "unsafe_flags": rate(chosen, part.police)}
            for bar, chosen in flagged.items()
        },
        "auroc": {
            name: {"value": auroc(k, every), "interval": author_interval(lambda i, k=k: auroc(k, i), authors)}  # type: ignore[misc]
            for k, name in enumerate(CLASSES)
        },
        "ece": {
            name: expected_calibration_error(targets[:, k], looked.probabilities[:, k])
            for k, name in enumerate(CLASSES)
        },
        "review": rate(looked.review, np.ones(len(targets), dtype=bool)),
    }


def cost(scorer: Scorer, rows: Sequence[LabelledNarrative]) -> Figures:
    """Processor milliseconds of one narrative at a time, memory of this process, what is asked of the reader."""
    found: Figures = {}
    for words, (least, most) in TIMED.items():
        some = [Narrative.of(row.text) for row in rows if least <= len(row.text.split()) <= most][:_TIMED_AT_MOST]
        for narrative in some[:10]:
            scorer.score(narrative)
        timed = {"score": scorer.score, "clauses": scorer.left_out}
        found[f"{words} words"] = {"narratives": len(some)} | {
            what: _milliseconds(ask, some) for what, ask in timed.items()
        }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found | {"peak_megabytes": round(peak), "seconds_to_make": scorer.manifest["figures"].get("seconds")}


def _milliseconds(ask: Any, narratives: Sequence[Narrative]) -> Figures:
    taken = []
    for narrative in narratives:
        began = time.process_time()
        ask(narrative)
        taken.append(1000 * (time.process_time() - began))
    return {f"p{q}": round(float(np.percentile(taken, q)), 1) for q in (50, 99)}


def _above(part: CalibrationPart, cut: float | None) -> np.ndarray:
    return part.flaggable & (part.scores >= cut) if cut is not None else np.zeros(len(part.scores), dtype=bool)


def _rows_of(part: CalibrationPart, places: np.ndarray) -> CalibrationPart:
    return CalibrationPart(
        part.scores[places],
        part.only[places],
        part.police[places],
        part.everyday[places],
        [part.holds[i] for i in places],
        [part.authors[i] for i in places],
    )


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def main(
    models: Annotated[list[str], typer.Argument(help="NAME=FOLDER, a model or a registry, as many as there are.")],
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("var/side_by_side.json"),
) -> None:
    """Judge models on the calibration part, both tests and the contrast sets, and write the figures as JSON."""
    found: Figures = {}
    for one in models:
        name, _, folder = one.partition("=")
        files = (file for file in current(Path(folder)).iterdir() if file.is_file())
        found[name] = side_by_side(load(Path(folder)))
        found[name]["cost"]["megabytes"] = round(sum(file.stat().st_size for file in files) / 1e6, 1)
        typer.echo(f"{name}: {orjson.dumps(found[name]['parts']['calibration']['bars']).decode()}")
        output.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    typer.run(main)
