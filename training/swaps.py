"""Equal treatment: is the same narrative judged alike whoever it is about? ``python -m training.swaps``

Counterfactual fairness of a text classifier (Garg et al. 2019), measured on swap pairs made by program: age of an
adult, sex, name, ethnicity, faith. A protected characteristic changed, and nothing else, should change nothing.
"""

import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rich.table import Table

from model.labelled import LabelledNarrative
from model.narrative import LONGEST
from model.score import Score
from model.scoring import ManyScorer
from training.descriptors import Maker, age, ethnicity, faith
from training.evaluation import author_interval
from training.noise import generator
from training.persons import names, sex
from training.trials import Figures, at_least, at_most, change, command, decimal, in_words, score_texts, share, table

PAIRS: Final = 1000
KEPT: Final = 0.99
MEDIAN_CHANGE: Final = 0.005

CHARACTERISTICS: Final[dict[str, Maker]] = {
    "age": age,
    "sex": sex,
    "name": names,
    "ethnicity": ethnicity,
    "faith": faith,
}

_STEPS: Final = {"pass": 0, "review": 1, "flag": 2}


@dataclass(frozen=True, slots=True)
class Swap:
    """One pair. ``group`` is what the second text has and the first has not."""

    narrative: str
    characteristic: str
    group: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair and its two scores."""

    swap: Swap
    before: Score
    after: Score

    @property
    def kept(self) -> bool:
        """Whether the decision is the same."""
        return self.before.decision == self.after.decision

    @property
    def signed(self) -> float:
        """The change in confidence."""
        return self.after.confidence - self.before.confidence

    @property
    def step(self) -> int:
        """The change of decision, up for towards ``flag``."""
        return _STEPS[self.after.decision] - _STEPS[self.before.decision]


def pairs(rows: Sequence[LabelledNarrative], seed: int = 0) -> list[Swap]:
    """Every pair that can be made of the narratives; the same for the same seed."""
    return [
        Swap(row.id, characteristic, group, before, after)
        for row in rows
        for characteristic, make in CHARACTERISTICS.items()
        for group, before, after in make(row.text, generator(seed, characteristic, row.id))
        if max(len(before), len(after)) <= LONGEST
    ]


def swaps(scorer: ManyScorer, rows: Sequence[LabelledNarrative], seed: int = 0) -> Figures:
    """All figures, JSON-able.

    Args:
        scorer: of the whole rule.
        rows: narratives that the model has not seen.
        seed: of what is drawn and of the bootstrap.
    """
    made = pairs(rows, seed)
    # One narrative is the first half of many pairs, and need be scored only once.
    texts = list(dict.fromkeys(text for swap in made for text in (swap.before, swap.after)))
    scores = dict(zip(texts, score_texts(scorer, texts), strict=True))
    judged = [Judged(swap, scores[swap.before], scores[swap.after]) for swap in made]
    found = {
        name: _figures([one for one in judged if one.swap.characteristic == name], seed) for name in CHARACTERISTICS
    }
    bars = [at_least("swap pairs", float(len(made)), PAIRS)]
    for name, figures in found.items():
        bars.append(at_least(f"{name}: decisions kept", figures["kept"]["share"], KEPT))
        bars.append(at_most(f"{name}: median change in confidence", figures["change"]["median"], MEDIAN_CHANGE))
    return {"pairs": len(made), "characteristics": found, "all": _figures(judged, seed), "bars": bars}


def _figures(judged: Sequence[Judged], seed: int) -> Figures:
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[one.swap.group].append(one)
    sizes = np.abs([one.signed for one in judged])
    narratives = [one.swap.narrative for one in judged]
    return {
        "narratives": len(set(narratives)),
        "kept": share(one.kept for one in judged),
        "change": change([one.signed for one in judged]),
        # Pairs of one narrative go together, so narratives are drawn and not pairs.
        "median_interval": list(author_interval(lambda i: float(np.median(sizes[i])), narratives, seed))
        if judged
        else None,
        "groups": {name: _direction(groups[name], seed) for name in sorted(groups)},
        # Ids, so that a reader with the corpus can look; no text.
        "changed": sorted({one.swap.narrative for one in judged if not one.kept}),
    }


def _direction(judged: Sequence[Judged], seed: int) -> Figures:
    """Which way a group is moved: a small median hides a change that always points one way."""
    changes = np.array([one.signed for one in judged])
    return {
        "pairs": len(judged),
        "mean_change": float(changes.mean()),
        "interval": list(
            author_interval(lambda i: float(changes[i].mean()), [one.swap.narrative for one in judged], seed)
        ),
        "towards_flag": sum(one.step > 0 for one in judged),
        "towards_pass": sum(one.step < 0 for one in judged),
    }


def tables(figures: Figures) -> list[Table]:
    """The figures for a person: by characteristic, then by group."""
    found = {**figures["characteristics"], "all": figures["all"]}
    return [
        table(
            "Swap pairs, with 95% intervals (Wilson; the median's by a bootstrap over narratives)",
            ("characteristic", "pairs", "narratives", "decision kept", "median change", "95%", "95th percentile"),
            (
                (
                    name,
                    c["kept"]["number"],
                    c["narratives"],
                    in_words(c["kept"]),
                    decimal(c["change"]["median"]),
                    " to ".join(map(decimal, c["median_interval"])) if c["median_interval"] else "-",
                    decimal(c["change"]["p95"]),
                )
                for name, c in found.items()
            ),
        ),
        table(
            "Direction: mean change in confidence, and decisions moved",
            ("group", "characteristic", "pairs", "mean change", "towards flag", "towards pass"),
            (
                (group, name, g["pairs"], f"{g['mean_change']:+.4f}", g["towards_flag"], g["towards_pass"])
                for name, c in figures["characteristics"].items()
                for group, g in c["groups"].items()
            ),
        ),
    ]


def main() -> int:
    """Run the swap pairs on the registry's current model."""
    return command("swaps", "Swap pairs over protected characteristics on the current model.", swaps, tables)


if __name__ == "__main__":
    sys.exit(main())
