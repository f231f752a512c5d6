"""How a system stands beside others: its ranking curves, its rates at the certified threshold, speed and size.

JSON-able, since the heavy baselines' standings are measured once and kept (``training/measured/baselines.json``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from pydantic import TypeAdapter
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from training.evaluation import author_draws
from training.evidence.answers import Answered
from training.evidence.parts import Part

MEASURED: Final = Path(__file__).parent.parent / "measured"
GRID: Final = np.linspace(0, 1, 101)
DRAWS: Final = 200


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95% interval by a bootstrap over writers."""

    value: float
    low: float
    high: float

    def __format__(self, spec: str) -> str:
        return f"{self.value:{spec}} ({self.low:{spec}} to {self.high:{spec}})"


@dataclass(frozen=True, slots=True)
class Band:
    """A curve over ``GRID`` with its 95% interval, point by point."""

    middle: list[float]
    low: list[float]
    high: list[float]


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one system. ``precision`` is over recall, ``hits`` (true positive rate) over the false positive rate, both of
    the derived class; rates are those at the system's own certified threshold. ``measured`` says on what, for
    standings that were not measured just now."""

    name: str
    narratives: int
    auroc: Estimate
    average_precision: Estimate
    precision: Band
    hits: Band
    unsafe: Estimate
    recall: Estimate
    per_second: float
    stored: int
    measured: str = ""


def standing(part: Part, answered: Answered, measured: str = "") -> Standing:
    """Where a system stands on a part."""
    only, scores, flagged = part.only, answered.scores, answered.answers.flagged

    def curves(i: np.ndarray) -> np.ndarray:
        if not only[i].any() or only[i].all():  # a draw of writers who have none of a kind
            return np.full(2 * len(GRID) + 4, np.nan)
        precision, recall, _ = precision_recall_curve(only[i], scores[i])
        false, hits, _ = roc_curve(only[i], scores[i])
        return np.concatenate(
            [
                np.interp(GRID, recall[::-1], precision[::-1]),
                np.interp(GRID, false, hits),
                [roc_auc_score(only[i], scores[i]), average_precision_score(only[i], scores[i])],
                [mean(flagged[i][part.police[i]]), mean(flagged[i][only[i]])],
            ]
        )

    value, low, high = interval(part, curves, DRAWS)
    number = len(GRID)
    auroc, average, unsafe, recall = (
        Estimate(*(float(x[k]) for x in (value, low, high))) for k in range(2 * number, 2 * number + 4)
    )
    bands = [
        Band(*([round(float(v), 4) for v in x[at : at + number]] for x in (value, low, high))) for at in (0, number)
    ]
    return Standing(
        name=answered.name,
        narratives=len(part.rows),
        auroc=auroc,
        average_precision=average,
        precision=bands[0],
        hits=bands[1],
        unsafe=unsafe,
        recall=recall,
        per_second=answered.per_second,
        stored=answered.stored,
        measured=measured,
    )


def interval(
    part: Part, statistic: Callable[[np.ndarray], Any], draws: int = DRAWS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A statistic of row positions with the ends of its 95% bootstrap interval, each of the statistic's shape."""
    value = np.asarray(statistic(np.arange(len(part.rows))))
    drawn = author_draws(statistic, part.units, resamples=draws)
    with np.errstate(all="ignore"):
        low, high = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    return value, low, high


def estimate(part: Part, statistic: Callable[[np.ndarray], float], draws: int = DRAWS) -> Estimate:
    """The same for one figure."""
    value, low, high = interval(part, statistic, draws)
    return Estimate(float(value), float(low), float(high))


def rate(part: Part, what: np.ndarray, among: np.ndarray, draws: int = DRAWS) -> Estimate:
    """The share of ``what`` among ``among``, both one a narrative."""
    return estimate(part, lambda i: mean(what[i][among[i]]), draws)


def mean(values: np.ndarray) -> float:
    """The mean, or NaN of nothing."""
    return float(values.mean()) if len(values) else float("nan")


_KEPT = TypeAdapter(list[Standing])


def keep(standings: list[Standing], path: Path = MEASURED / "baselines.json") -> None:
    """Write standings down."""
    path.write_bytes(orjson.dumps(_KEPT.dump_python(standings), option=orjson.OPT_INDENT_2) + b"\n")


def kept(path: Path = MEASURED / "baselines.json") -> list[Standing]:
    """The standings measured before; none where there is no file."""
    return _KEPT.validate_json(path.read_bytes()) if path.is_file() else []
