"""What the reader took from each clause: the narrative read again without it."""

from typing import Final

import numpy as np

from model.factors import FACTORS
from model.features import Floats
from model.narrative import Narrative
from model.reader.encoder import Reader
from model.reader.words import worded
from model.reading import Reading
from model.score import LeftOut

MOST: Final = 8
_AT_A_TIME: Final = 48
_LEAST: Final = 0.05


def left_out(narrative: Narrative, reading: Reading, reader: Reader, shares: Floats) -> tuple[LeftOut, ...]:
    """The clauses that move the reader most, each with the factor that it moves most; at most eight.

    All versions are read in one pass, up to 48 clauses; more than that, in several.

    Args:
        narrative: for the way back to the text as given.
        reading: of the narrative.
        reader: whose answer is explained.
        shares: what each of the reader's logits counts beside the heads (5).
    """
    whole = worded(reading, narrative.text)
    places = [at for at, words in enumerate(whole) if words]
    if len(places) < 2:
        return ()
    found: list[tuple[int, int, float]] = []
    for begin in range(0, len(places), _AT_A_TIME):
        some = places[begin : begin + _AT_A_TIME]
        versions = [whole, *([*whole[:at], [], *whole[at + 1 :]] for at in some)]
        logits = reader.together(versions)[:, : len(FACTORS)]
        changes = (logits[0] - logits[1:]) * shares[: len(FACTORS)]
        for at, change in zip(some, changes, strict=True):
            factor = int(np.abs(change).argmax())
            found.append((at, factor, float(change[factor])))
    found.sort(key=lambda one: (-abs(one[2]), one[0]))
    return tuple(_of(narrative, reading, *one) for one in found[:MOST] if abs(one[2]) >= _LEAST)


def _of(narrative: Narrative, reading: Reading, at: int, factor: int, change: float) -> LeftOut:
    clause = reading.clauses[at]
    start, end = narrative.span(reading.spans[clause.start][0], reading.spans[clause.end - 1][1])
    return LeftOut(FACTORS[factor], narrative.given[start:end], start, end, change)
