"""A long narrative is read once more through windows: calm hides no danger.

Attention averages as well: with a page of calm round it, one sentence of danger weighs little in the whole. Length and
margins were chosen on training writers whom the reader had not seen (docs/ablation.md).
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from model.factors import FACTORS
from model.features import Floats
from model.reader.words import Clauses

LONG: Final = 100
"""Words and marks from which on a narrative is read through windows too; shorter ones are a window by themselves."""
WORDS: Final = 45
"""Length of a window, marks counted; each begins half a window after the one before, at a clause."""
FACTOR_MARGIN: Final = 0.5
"""By how much the logit of a police factor must be higher in a window than in the whole to count, and what is taken
off it then."""
OPINION_MARGIN: Final = 1.0
"""The same, downwards, for the derived class in the most dangerous window."""


def windows(narrative: Clauses) -> list[Clauses]:
    """The windows of a long narrative; none of a shorter one."""
    lengths = [len(words) for words in narrative]
    return [narrative[first:last] for first, last in _ranges(lengths)] if sum(lengths) > LONG else []


def believed(whole: Floats, panes: Floats) -> Floats:
    """The logits of the whole (5), or of the window that says more danger by a margin, less the margin (windows × 5).
    The derived class is believed at most as far as the most dangerous window leaves it."""
    if not len(panes):
        return whole
    found = whole.copy()
    police = slice(1, len(FACTORS))
    found[police] = np.maximum(whole[police], panes[:, police].max(axis=0) - FACTOR_MARGIN)
    dangerous = np.logaddexp(0.0, panes[:, police]).sum(axis=1).argmax()
    found[-1] = min(whole[-1], panes[dangerous, -1] + OPINION_MARGIN)
    return found


def _ranges(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = last = 0
    while last < len(lengths):
        last = max(last, first + 1)
        held = sum(lengths[first:last])
        while last < len(lengths) and held + lengths[last] <= WORDS:
            held += lengths[last]
            last += 1
        yield first, last
        gone = 0
        while first < last and gone < WORDS // 2:
            gone += lengths[first]
            first += 1
