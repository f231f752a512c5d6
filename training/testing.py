"""The two tests, opened for reporting only: ``python -m training.testing`` judges the current model on them.

Nothing is chosen here. The model's thresholds come from the calibration part; the baselines' from the same part at the
same bar, so that all are compared at the same certified unsafe-flag rate.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import typer
from rich.console import Console
from rich.table import Table

from model.artefact import load
from model.factors import FACTORS
from model.features import Floats
from model.labelled import DIFFICULTIES, REGISTERS, STYLES, LabelledNarrative
from model.narrative import Narrative
from training import baselines, miscalibration
from training.comparison import of_baseline
from training.corpus import NARRATIVES, read_corpus
from training.evaluation import author_interval, class_figures, derived
from training.fitting import label_matrix
from training.shipping import MODELS
from training.splits import read_splits
from training.thresholds import BARS, flag_precision, guaranteed, part_of

PARTS: Final = {"test": "unseen writers", "test_unseen_families": "unseen writers on unseen families"}


@dataclass(frozen=True, slots=True)
class Answers:
    """What a system says of a part: probabilities (narratives × 5) and whether each is flagged, and passed."""

    probabilities: Floats
    flagged: np.ndarray
    passed: np.ndarray
    interval: Floats | None = None
    """Lower and upper end for the derived class (narratives × 2), of a system that gives one."""


def by_signpost(models: Path, rows: Sequence[LabelledNarrative]) -> Answers:
    """The current model's whole rule."""
    scores = load(models).score_many([Narrative.of(row.text) for row in rows])
    return Answers(
        np.array([[*s.factors.values(), s.confidence] for s in scores]),
        np.array([s.decision == "flag" for s in scores]),
        np.array([s.decision == "pass" for s in scores]),
        np.array([s.interval for s in scores]),
    )


def by_baseline(
    baseline: baselines.Baseline,
    training: Sequence[LabelledNarrative],
    calibration: Sequence[LabelledNarrative],
    rows: Sequence[LabelledNarrative],
) -> Answers:
    """A baseline trained on the same narratives, its threshold certified on the same calibration part."""
    judged = of_baseline(baseline)(training, calibration, [*calibration, *rows])
    number = len(calibration)
    cut = guaranteed(part_of(calibration, judged.composed[:number]), BARS[0])
    scores = judged.composed[number:]
    flagged = scores >= cut if cut is not None else np.zeros(len(rows), dtype=bool)
    return Answers(judged.probabilities[number:], flagged, np.zeros(len(rows), dtype=bool))


def figures(rows: Sequence[LabelledNarrative], answers: Answers) -> dict[str, Any]:
    """Everything the note asks of a part, JSON-able; intervals by a bootstrap over writers."""
    labels = label_matrix(rows)
    only, police = derived(labels)
    clear = np.array([row.difficulty == "clear" for row in rows])
    authors = [row.author for row in rows]
    everyday = np.array([row.register_ == "everyday" for row in rows])
    flagged = answers.flagged

    def rate(among: np.ndarray) -> dict[str, Any]:
        return {
            "rate": float(flagged[among].mean()) if among.any() else None,
            "of": int(among.sum()),
            "interval": author_interval(lambda i: _mean(flagged[i][among[i]]), authors) if among.any() else None,
        }

    strata = strata_of(rows)
    confidence = answers.probabilities[:, len(FACTORS)]
    return {
        "narratives": len(rows),
        "classes": {
            name: asdict(class_figures(y, answers.probabilities[:, k]))
            | asdict(miscalibration.decomposition(y, answers.probabilities[:, k]))
            for k, (name, y) in enumerate(zip([*FACTORS, "mental_health_only"], [*labels.T, only], strict=True))
        },
        "calibration": miscalibration.by_stratum(only, confidence, strata),
        "interval_coverage": miscalibration.coverage(only, confidence, *answers.interval.T)
        if answers.interval is not None
        else None,
        "unsafe_flags": rate(police),
        "recall": rate(only),
        "recall_clear": rate(only & clear),
        "recall_clear_everyday": rate(only & clear & everyday),
        "passed_clear": _mean(answers.passed[only & clear]),
        "review_share": float((~flagged & ~answers.passed).mean()),
        "review_share_everyday": float((~flagged & ~answers.passed)[everyday].mean()),
        "everyday_flag_precision_at_prevalence": flag_precision(flagged[everyday], only[everyday]),
        "strata": {
            name: {
                "unsafe_flag_rate": _mean(flagged[s & police]),
                "recall": _mean(flagged[s & only]),
                "of": int(s.sum()),
            }
            for name, s in strata.items()
        },
    }


def strata_of(rows: Sequence[LabelledNarrative]) -> dict[str, np.ndarray]:
    """Masks by register, style, difficulty and third of length, one value a narrative."""
    words = np.array([len(row.text.split()) for row in rows])
    short, long = np.quantile(words, [1 / 3, 2 / 3])
    strata = {f"register {r}": np.array([row.register_ == r for row in rows]) for r in REGISTERS}
    strata |= {f"style {s}": np.array([row.style == s for row in rows]) for s in STYLES}
    strata |= {f"difficulty {d}": np.array([row.difficulty == d for row in rows]) for d in DIFFICULTIES}
    return strata | {
        f"length up to {short:.0f} words": words <= short,
        f"length {short:.0f} to {long:.0f} words": (words > short) & (words <= long),
        f"length over {long:.0f} words": words > long,
    }


def miss_ratio(
    rows: Sequence[LabelledNarrative], ours: Floats, theirs: Floats, rate: float = BARS[0], seed: int = 0
) -> dict[str, Any]:
    """Our misses over theirs when both flag the same share of the narratives that need the police (paired bootstrap
    over writers). Both take scores, one a narrative."""
    only, police = derived(label_matrix(rows))

    def ratio(i: np.ndarray) -> float:
        if not police[i].any() or not only[i].any():  # a draw of writers who have none of a kind
            return float("nan")
        missed = []
        for scores in (ours[i], theirs[i]):
            dangerous = np.sort(scores[police[i]])[::-1]
            cut = dangerous[int(rate * len(dangerous))]
            missed.append(float((scores[only[i]] <= cut).mean()))
        return missed[0] / missed[1] if missed[1] else float("nan")

    return {
        "ratio": ratio(np.arange(len(rows))),
        "interval": author_interval(ratio, [row.author for row in rows], seed),
        "at_unsafe_flag_rate": rate,
    }


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def main(models: Path = MODELS, output: Path | None = None) -> None:
    """Judge the current model and the best baselines on both tests; print tables, write figures as JSON."""
    rows, splits = read_corpus([NARRATIVES]), read_splits()
    training, calibration = splits.of(rows, "training"), splits.of(rows, "calibration")
    console = Console(width=150)
    everything: dict[str, Any] = {}
    for part, words in PARTS.items():
        held = splits.of(rows, part)
        systems: dict[str, Callable[[], Answers]] = {"Signpost": lambda h=held: by_signpost(models, h)}  # type: ignore[misc]
        for name in ("TF-IDF words", "TF-IDF words + letters"):
            systems[name] = lambda b=baselines.BASELINES[name], h=held: by_baseline(b, training, calibration, h)  # type: ignore[misc]
        answers = {name: judge() for name, judge in systems.items()}
        found = {name: figures(held, a) for name, a in answers.items()}
        ours, best = answers["Signpost"].probabilities[:, 4], answers["TF-IDF words + letters"].probabilities[:, 4]
        everything[part] = {**found, "misses": miss_ratio(held, ours, best)}
        _print(console, words, everything[part])
    if output:
        output.write_bytes(orjson.dumps(everything, option=orjson.OPT_INDENT_2))


def _print(console: Console, words: str, found: dict[str, Any]) -> None:
    table = Table(title=words)
    columns = ("system", "class", "AUROC", "average precision", "Brier", "ECE")
    for column in columns:
        table.add_column(column)
    decisions = Table(title=f"{words}: at the threshold certified at {BARS[0]:.0%}")
    for column in ("system", "unsafe flags", "recall", "recall, clear", "recall, clear everyday", "review share"):
        decisions.add_column(column)
    for name, system in found.items():
        if name == "misses":
            continue
        for kind, c in system["classes"].items():
            table.add_row(name, kind, *(f"{c[k]:.3f}" for k in ("auroc", "average_precision", "brier", "ece")))
        cells = [_rate(system[k]) for k in ("unsafe_flags", "recall", "recall_clear", "recall_clear_everyday")]
        decisions.add_row(name, *cells, f"{system['review_share']:.1%}")
    console.print(table, decisions)
    strata = Table(title=f"{words}: Signpost by stratum")
    for column in ("stratum", "narratives", "unsafe-flag rate", "recall"):
        strata.add_column(column)
    for name, s in found["Signpost"]["strata"].items():
        strata.add_row(name, str(s["of"]), f"{s['unsafe_flag_rate']:.2%}", f"{s['recall']:.1%}")
    console.print(strata)
    kept = Table(title=f"{words}: calibration of the derived class by stratum")
    for column in ("stratum", "narratives", "confidence", "frequency", "ECE", "Brier"):
        kept.add_column(column)
    for name, c in found["Signpost"]["calibration"].items():
        kept.add_row(name, str(c["of"]), *(f"{c[k]:.3f}" for k in ("confidence", "frequency", "ece", "brier")))
    console.print(kept)
    console.print(f"bins whose frequency lies within the interval: {found['Signpost']['interval_coverage']:.0%}")
    low, high = found["misses"]["interval"]
    console.print(f"misses against TF-IDF words + letters: {found['misses']['ratio']:.2f} ({low:.2f} to {high:.2f})")
    console.print("everyday flag precision:", found["Signpost"]["everyday_flag_precision_at_prevalence"])


def _rate(found: dict[str, Any]) -> str:
    if found["rate"] is None or found["interval"] is None:
        return "none"
    low, high = found["interval"]
    return f"{found['rate']:.2%} ({low:.2%} to {high:.2%}) of {found['of']}"


if __name__ == "__main__":
    typer.run(main)
