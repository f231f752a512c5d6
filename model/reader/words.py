"""What the reader reads: a narrative's words as the lexicon understood them, in clauses.

Shorthand is written out, names are masked, words of sex, ethnicity and faith are neutral, and of an adult's age it is
said only whether they are elderly, so that nothing here can hang on who somebody is. Other numbers, which the lexical
features do not tell apart, and marks between sentences stay.
"""

import re
from itertools import pairwise
from typing import Final

from model.names import NAME
from model.reader.ages import age_of_life
from model.reading import Reading

_SPOKEN: Final = {NAME: "someone", "<time>": "time", "<phone>": "phone", "<trait>": ""}
_MARK: Final = re.compile(r"[.?!;,\n]")
_LONGEST_NUMBER: Final = 8
_OLDER: Final = ("entry", ":")
_NEWEST: Final = ("latest", "entry", ":")

Clauses = list[list[str]]


def worded(reading: Reading, text: str) -> Clauses:
    """The words of each clause, in order.

    Args:
        reading: of the narrative.
        text: the cleaned text that was read.
    """
    spoken = [_spoken(reading, text, at) for at in range(len(reading.words))]
    marks = _marks(reading, text)
    clauses: Clauses = []
    entry = 0
    for clause in reading.clauses:
        words: list[str] = []
        if clause.entry != entry:
            entry = clause.entry
            words.extend(_NEWEST if entry == reading.newest else _OLDER)
        for at in range(clause.start, clause.end):
            words.extend(part for part in (spoken[at], marks[at]) if part)
        clauses.append(words)
    return clauses


def _spoken(reading: Reading, text: str, at: int) -> str:
    word, term = reading.words[at], reading.terms[at]
    if word[0] == "<":
        if word in _SPOKEN:
            return _SPOKEN[word]
        start, end = reading.spans[at]  # a number, a child's age, a year: as it was typed
        number = text[start:end].lower()
        return age_of_life(reading, at, number) or number[:_LONGEST_NUMBER]
    if term == reading.stems[at]:
        return word
    return _SPOKEN.get(term, term)


def _marks(reading: Reading, text: str) -> list[str]:
    """The mark after each word, if any; a new line counts as a full stop."""
    ends = [*reading.spans, (len(text), len(text))]
    gaps = ((before[1], after[0]) for before, after in pairwise(ends))
    found = (_MARK.search(text, *gap) if gap[0] < gap[1] else None for gap in gaps)
    return ["" if mark is None else "." if mark.group() == "\n" else mark.group() for mark in found]
