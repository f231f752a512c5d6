"""What the reader took from each clause: the narrative read again without it.

Short clauses go together with a neighbour, so that one pass is enough for a call of ordinary length. Of a long
narrative the reading of the whole is explained, not that of its windows.
"""

from collections.abc import Sequence
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
FEWEST_PARTS, MOST_PARTS = 6, 24
LONGEST: Final = 600
"""Words of a narrative beyond which nothing is tried: nobody waits so long for it."""
_WORDS: Final = 25
"""Of a part, in a narrative that is long enough."""
_AT_A_TIME: Final = 8
_LEAST: Final = 0.05


def left_out(narrative: Narrative, reading: Reading, reader: Reader, shares: Floats) -> tuple[LeftOut, ...]:
    """The clauses that move the reader most, each with the factor that it moves most; at most eight.

    Args:
        narrative: for the way back to the text as given.
        reading: of the narrative.
        reader: whose answer is explained.
        shares: what each of the reader's logits counts beside the heads (5).
    """
    whole = worded(reading, narrative.text)
    lengths = [len(words) for words in whole]
    parts = _parts(lengths)
    if len(parts) < 2 or sum(lengths) > LONGEST:
        return ()
    found: list[tuple[range, int, float]] = []
    for begin in range(0, len(parts), _AT_A_TIME):
        some = parts[begin : begin + _AT_A_TIME]
        versions = [whole, *([words for at, words in enumerate(whole) if at not in part] for part in some)]
        logits = reader.together(versions)[:, : len(FACTORS)]
        changes = (logits[0] - logits[1:]) * shares[: len(FACTORS)]
        for part, change in zip(some, changes, strict=True):
            factor = int(np.abs(change).argmax())
            found.append((part, factor, float(change[factor])))
    found.sort(key=lambda one: (-abs(one[2]), one[0].start))
    return tuple(_of(narrative, reading, *one) for one in found[:MOST] if abs(one[2]) >= _LEAST)


def _parts(lengths: Sequence[int]) -> list[range]:
    """The clauses by number, neighbours that are shortest together joined until they are few enough."""
    parts = [range(at, at + 1) for at, length in enumerate(lengths) if length]
    sizes = [length for length in lengths if length]
    most = min(MOST_PARTS, max(FEWEST_PARTS, sum(sizes) // _WORDS))
    while len(parts) > most:
        at = min(range(len(parts) - 1), key=lambda i: sizes[i] + sizes[i + 1])
        parts[at : at + 2] = [range(parts[at].start, parts[at + 1].stop)]
        sizes[at : at + 2] = [sizes[at] + sizes[at + 1]]
    return parts


def _of(narrative: Narrative, reading: Reading, part: range, factor: int, change: float) -> LeftOut:
    first, last = reading.clauses[part.start], reading.clauses[part.stop - 1]
    start, end = narrative.span(reading.spans[first.start][0], reading.spans[last.end - 1][1])
    return LeftOut(FACTORS[factor], narrative.given[start:end], start, end, change)
