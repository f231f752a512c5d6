"""What flagging would mean for a force in a year: ranges that follow from ranges, by simulation.

Every assumption is a range in ``demand.toml`` with its source. Draws are uniform within a range and independent;
the model's own rates are drawn from a bootstrap over writers. What comes out is a range too, never a point.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from model.errors import DataError
from model.features import Floats
from training.evaluation import author_draws
from training.evidence.answers import Answered
from training.evidence.parts import Part
from training.evidence.standing import mean

ASSUMPTIONS: Final = Path(__file__).parent / "demand.toml"
DRAWS: Final = 20_000
HARMS: Final = np.geomspace(1, 10_000, 60)
"""What one unsafe flag that nobody catches weighs, in officer hours: nobody can measure it, so all are shown."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """A range, what it means and where it comes from; ``kind`` is published, derived, assumed or yours."""

    name: str
    low: float
    high: float
    unit: str
    meaning: str
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Published:
    """A figure to hold the model's answer against."""

    what: str
    value: float
    source: str
    url: str


@dataclass(frozen=True, slots=True)
class Range:
    """Of simulated years: the middle one, and the two between which 95% lie."""

    middle: float
    low: float
    high: float

    def __format__(self, spec: str) -> str:
        return f"{self.low:{spec}} to {self.high:{spec}}"


@dataclass(frozen=True, slots=True)
class Demand:
    """A year. ``break_even`` (weights × 3: middle, low, high) is the unsafe-flag rate at which what the unsafe flags
    weigh eats up all the hours, over ``HARMS``; ``unsafe_rate`` is the rate that was drawn from."""

    assumptions: list[Assumption]
    outcomes: dict[str, Range]
    unsafe_rate: Range
    break_even: Floats
    weight_at_rate: Range
    """The weight of an unsafe flag, in officer hours, at which the measured rate breaks even."""
    losing: float
    """The share of simulated years in which reviewing takes more hours than are redirected."""


def read_assumptions(own: Mapping[str, Sequence[float]] | None = None) -> tuple[list[Assumption], list[Published]]:
    """The assumptions, with those replaced that a force has figures of its own for (name to low and high).

    Raises:
        DataError: ``rows-invalid`` when there is no assumption of the name, or its range is none.
    """
    with ASSUMPTIONS.open("rb") as file:
        table = tomllib.load(file)
    published = [Published(**entry) for entry in table.pop("published")]
    found = {name: Assumption(name, **entry) for name, entry in table.items()}
    for name, given in (own or {}).items():
        if name not in found:
            raise DataError("rows-invalid", f"There is no assumption {name!r}; there are {', '.join(found)}.")
        if len(given) != 2 or not 0 <= given[0] <= given[1]:
            raise DataError("rows-invalid", f"Assumption {name!r} needs a low and a high, and low first.")
        known = found[name]
        found[name] = Assumption(
            name, float(given[0]), float(given[1]), known.unit, known.meaning, "yours", "given as a parameter"
        )
    return list(found.values()), published


def demand(part: Part, answered: Answered, assumptions: Sequence[Assumption], seed: int = 0) -> Demand:
    """Simulate years of flagging. Rates are those of the everyday register, the one most like a control room's day."""
    rng = np.random.default_rng(seed)
    a = {one.name: rng.uniform(one.low, one.high, DRAWS) for one in assumptions}
    recall, unsafe, needless = _rates(part, answered, rng)
    ill, police = a["prevalence"], np.minimum(a["police_share"], 1 - a["prevalence"])
    right = a["calls_a_year"] * ill * recall
    flagged_unsafe = a["calls_a_year"] * police * unsafe
    wrong = a["calls_a_year"] * (1 - ill - police) * needless
    flags = right + flagged_unsafe + wrong
    hours = right * a["attended"] * a["redirected"] * a["officer_hours"]
    reviewing = flags * a["review_minutes"] / 60
    uncaught = flagged_unsafe * (1 - a["caught"])
    # Solves: hours - reviewing = calls × police × rate × (1 - caught) × weight, reviewing without the unsafe flags'.
    net = hours - (right + wrong) * a["review_minutes"] / 60
    each = a["review_minutes"] / 60 + (1 - a["caught"]) * HARMS[:, None]
    even = np.clip(net / (a["calls_a_year"] * police * each), 0, 1)
    with np.errstate(divide="ignore"):
        weight = np.maximum(hours - reviewing, 0) / uncaught
    return Demand(
        assumptions=list(assumptions),
        outcomes={
            "calls flagged": _range(flags),
            "of them mental health only": _range(right),
            "officer hours that could be redirected": _range(hours),
            "reviewer hours spent": _range(reviewing),
            "unsafe flags, before anybody looks": _range(flagged_unsafe),
            "unsafe flags that the reviewer does not catch": _range(uncaught),
        },
        unsafe_rate=_range(unsafe),
        break_even=np.quantile(even, [0.5, 0.025, 0.975], axis=1).T,
        weight_at_rate=_range(weight),
        losing=float((reviewing > hours).mean()),
    )


def _rates(part: Part, answered: Answered, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    neither = ~part.only & ~part.police

    def rates(i: np.ndarray) -> Any:
        flagged, everyday = answered.answers.flagged[i], part.everyday[i]
        return [mean(flagged[everyday & kind[i]]) for kind in (part.only, part.police, neither)]

    drawn = np.nan_to_num(author_draws(rates, part.units, resamples=500))
    # With few writers the bootstrap can say "none ever"; Laplace's rule keeps a rate that was never seen above zero.
    number = max(1, int((part.police & part.everyday).sum()))
    drawn[:, 1] = np.maximum(drawn[:, 1], 1 / (number + 2))
    chosen = drawn[rng.integers(len(drawn), size=DRAWS)]
    return chosen[:, 0], chosen[:, 1], chosen[:, 2]


def _range(values: Floats) -> Range:
    low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
    return Range(float(middle), float(low), float(high))
