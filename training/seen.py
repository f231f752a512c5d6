"""Which narratives a model has learnt from or was calibrated on, so that none of them ever judges it."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from model.labelled import LabelledNarrative

SEEN: Final = "seen.txt"
_DIGITS: Final = 16


def fingerprint(text: str) -> str:
    """Of a narrative, whatever its spacing and letter case: the first 64 bits of a sha256."""
    return hashlib.sha256(" ".join(text.lower().split()).encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def seen_by(rows: Iterable[LabelledNarrative]) -> bytes:
    """What the artefact keeps: one fingerprint a line, sorted; no narrative can be read from it."""
    return ("\n".join(sorted({fingerprint(row.text) for row in rows})) + "\n").encode()


def read_seen(artefact: Path) -> frozenset[str] | None:
    """The fingerprints of a model, or ``None`` where it does not say."""
    try:
        return frozenset((artefact / SEEN).read_text().split())
    except FileNotFoundError:
        return None
