"""A long narrative read once more through windows, so that a page of calm hides no line of danger.

A linear score of a whole averages: the longer the text, the less one sentence weighs in it. Therefore each factor that
would need the police is also scored in every clause, and in every window of some forty words of a long narrative, as if
that were the whole call, and where one says markedly more than the whole, it is believed. The margins, and what is
long, were chosen on families of training narratives held out from the rest (docs/ablation.md); thresholds are certified
with windows in place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.features import Ints
from model.reading import Clause, Reading

WORDS: Final = 40
"""Length of a window; each begins half a window after the one before, at a clause."""
LONG: Final = 2 * WORDS
"""What has more words is long."""
FACTOR_MARGIN: Final = 2.0
"""By how much the calibrated logit of a police factor must be higher in a window than in the whole to count, and what
is taken off it then."""
CLAUSE_MARGIN: Final = 2.5
"""The same for a single clause of any narrative, as if it were the whole call."""
OPINION_MARGIN: Final = 2.5
"""The same, downwards, for the derived class's own head in the most dangerous window."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of a batch: the narrative of each, and their clauses, numbered through the batch, window after window
    (those of window ``i`` from ``begins[i]``; length: windows + 1)."""

    narrative: Ints
    clauses: Ints
    begins: Ints

    def __len__(self) -> int:
        return len(self.narrative)

    def members(self, clause_of: Ints, clauses: int) -> tuple[Ints, Ints]:
        """Which occurrences lie in which window: in all those that hold their clause.

        Args:
            clause_of: the clause of each occurrence.
            clauses: how many the batch has.

        Returns:
            The number of an occurrence and of its window, pair by pair.
        """
        order = np.argsort(self.clauses, kind="stable")
        window = np.repeat(np.arange(len(self)), np.diff(self.begins))[order]
        many = np.bincount(self.clauses, minlength=clauses)
        each = many[clause_of]
        occurrence = np.repeat(np.arange(len(clause_of)), each)
        within = np.arange(len(occurrence)) - np.repeat(_starts(each), each)
        return occurrence, window[_starts(many)[clause_of[occurrence]] + within]


def windows_of(readings: Sequence[Reading]) -> Windows:
    """The windows of every long reading; none for the others."""
    narrative: list[int] = []
    clauses: list[int] = []
    begins = [0]
    clause_at = 0
    for number, reading in enumerate(readings):
        if len(reading.words) > LONG:
            for first, last in _ranges(reading.clauses):
                narrative.append(number)
                clauses += range(clause_at + first, clause_at + last)
                begins.append(len(clauses))
        clause_at += len(reading.clauses)
    return Windows(np.array(narrative, dtype=np.int64), np.array(clauses, dtype=np.int64), np.array(begins))


def _ranges(clauses: Sequence[Clause]) -> Iterator[tuple[int, int]]:
    first = last = 0
    while last < len(clauses):
        begin, last = clauses[first].start, max(last, first + 1)
        while last < len(clauses) and clauses[last].end - begin <= WORDS:
            last += 1
        yield first, last
        first += 1
        while first < last and clauses[first].start - begin < WORDS // 2:
            first += 1


def _starts(sizes: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes)[:-1]]) if len(sizes) else sizes
