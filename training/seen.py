"""Which narratives a model has learnt from or was calibrated on, so that none of them ever judges it, and with which
labels, so that a change of them is seen."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from model.factors import FACTORS
from model.labelled import LabelledNarrative

SEEN: Final = "seen.txt"
_DIGITS: Final = 16


def fingerprint(text: str) -> str:
    """Of a narrative, whatever its spacing and letter case: the first 64 bits of a sha256."""
    return hashlib.sha256(" ".join(text.lower().split()).encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def labels_of(row: LabelledNarrative) -> str:
    """Four digits, one a factor."""
    return "".join(str(int(row.labels()[factor])) for factor in FACTORS)


def seen_by(rows: Iterable[LabelledNarrative]) -> bytes:
    """What the artefact keeps: a fingerprint and its labels a line, sorted; no narrative can be read from it."""
    lines = sorted({f"{fingerprint(row.text)} {labels_of(row)}" for row in rows})
    return ("\n".join(lines) + "\n").encode()


def read_seen(artefact: Path) -> dict[str, str] | None:
    """The labels by fingerprint that a model has learnt from, or ``None`` where it does not say."""
    try:
        return dict(line.split() for line in (artefact / SEEN).read_text().splitlines())
    except FileNotFoundError:
        return None
