"""How much danger can be hidden from the flag? ``python -m training.attacks``

Narratives that need the police, each in eleven disguises (``disguises.py``) of the words that weigh most. The attack
knows the model: it hides what the reasons of the clean narrative show as speaking for risk, crime or another police
duty. An attack has come through when the answer is ``flag``.
"""

import sys
from collections.abc import Sequence
from typing import Final

import numpy as np
from rich.table import Table

from model.factors import POLICE_FACTORS
from model.labelled import LabelledNarrative
from model.narrative import LONGEST
from model.score import Score
from model.scoring import ManyScorer
from training.disguises import DISGUISES, Span
from training.noise import generator
from training.trials import Figures, at_most, command, in_words, score_texts, share, table

UNSAFE: Final = 0.02
"""The bar of the certificate, asked of disguised narratives too."""


def attacks(scorer: ManyScorer, rows: Sequence[LabelledNarrative], seed: int = 0) -> Figures:
    """All figures, JSON-able: the share of narratives that need the police and are flagged, clean and by disguise, of
    each also how many were not flagged clean.

    Args:
        scorer: of the whole rule.
        rows: narratives that the model has not seen.
        seed: of the disguises.
    """
    police = [row for row in rows if row.needs_police]
    clean = score_texts(scorer, [row.text for row in police])
    flagged = [score.decision == "flag" for score in clean]
    spans = [_weighty(score) for score in clean]
    found: dict[str, Figures] = {}
    for name, disguise in DISGUISES.items():
        texts = [
            disguise(row.text, hidden, generator(seed, name, row.id))[:LONGEST]
            for row, hidden in zip(police, spans, strict=True)
        ]
        now = [score.decision == "flag" for score in score_texts(scorer, texts)]
        found[name] = {
            "unsafe": share(now),
            "hidden": share(n for n, before in zip(now, flagged, strict=True) if not before),
            "ids": sorted(row.id for row, n, b in zip(police, now, flagged, strict=True) if n and not b),
        }
    bars = [at_most(f"{name}: unsafe flags", f["unsafe"]["share"], UNSAFE) for name, f in found.items()]
    return {
        "clean": {"unsafe": share(flagged), "words hidden": float(np.mean([len(s) for s in spans]))},
        "disguises": found,
        "bars": bars,
    }


def _weighty(score: Score) -> list[Span]:
    """The places whose reasons speak for a police factor."""
    return [(r.start, r.end) for r in score.reasons if r.factor in POLICE_FACTORS and r.weight > 0]


def tables(figures: Figures) -> list[Table]:
    """The figures for a person."""
    clean = figures["clean"]["unsafe"]
    rows = [("clean", clean["number"], in_words(clean), "")]
    rows += [
        (name, f["unsafe"]["number"], in_words(f["unsafe"]), in_words(f["hidden"]))
        for name, f in figures["disguises"].items()
    ]
    return [
        table(
            "Narratives that need the police, with 95% intervals (Wilson)",
            ("disguise", "narratives", "flagged", "of those not flagged clean"),
            rows,
        )
    ]


def main() -> int:
    """Attack the registry's current model."""
    return command("attacks", "Danger in disguise, on the current model.", attacks, tables)


if __name__ == "__main__":
    sys.exit(main())
