"""From readings to features: words and pairs of words marked by assertion, letters, and cues.

Every feature occurs at a place in the text, so a linear model's score is a sum over places and its reasons are
exact. All occurrences of a batch are counted together, for whole narratives and for single clauses alike: one path
serves one narrative and a million.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

from model.assertion import PRESENT
from model.phrases import stem
from model.reading import Clause, Cue, Reading

GROUPS: Final = ("words", "skips", "letters", "cues")
_MARKS: Final = {PRESENT: "", "negated": "!", "historical": "<", "conditional": "?", "other_person": "@"}
_REMEMBERED: Final = 100_000
_TOGETHER: Final = 1024
_UNCOUNTED: Final = "<trait>"

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Occurrences:
    """All features of a batch, each where it occurs.

    ``column`` is the vocabulary's; ``clause`` numbers the batch's clauses, ``first`` and ``last`` its words: the
    ends of the place the feature occurs at. ``weight`` is what an occurrence counts: one, and in a log more the newer
    its entry is. ``clause_begins`` and ``word_begins`` say where each narrative's clauses
    and words begin (length: narratives + 1).
    """

    column: Ints
    clause: Ints
    first: Ints
    last: Ints
    weight: Floats
    clause_begins: Ints
    word_begins: Ints


class Featuriser(TransformerMixin, BaseEstimator):
    """Scikit-learn transformer from readings to features: damped counts times inverse document frequency. Each group
    (``words`` and their pairs, ``skips`` over one word, ``letters``, ``cues``) is scaled to unit length and weighted.

    Args:
        minimum: narratives in which a feature must occur to be kept.
        letters: shortest and longest letter n-gram (a space marks the word's ends).
        weights: of each group.
        newest: how often words of a log's newest entry count; each entry further back counts ``fading`` times that,
            but never less than ``oldest``, since an old danger that no later entry ends is still one.
        fading: see ``newest``.
        oldest: see ``newest``.
    """

    def __init__(
        self,
        minimum: int = 2,
        letters: tuple[int, int] = (3, 5),
        weights: Mapping[str, float] | None = None,
        newest: float = 4.0,
        fading: float = 0.6,
        oldest: float = 0.5,
    ) -> None:
        self.minimum = minimum
        self.letters = letters
        self.weights = weights
        self.newest = newest
        self.fading = fading
        self.oldest = oldest

    def fit(self, readings: Iterable[Reading], y: object = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn the vocabulary and the inverse document frequencies."""
        frequency: Counter[str] = Counter()
        number = 0
        for reading in readings:
            number += 1
            frequency.update(set(self._names(reading)))
        kept = sorted(name for name, count in frequency.items() if count >= self.minimum)
        self.vocabulary_: dict[str, int] = {name: column for column, name in enumerate(kept)}
        self.idf_: Floats = np.array([1.0 + np.log((1 + number) / (1 + frequency[name])) for name in kept])
        self.group_: Ints = np.array([_group(name) for name in kept], dtype=np.int64)
        self._columns: dict[tuple[str, str], Ints] = {}
        return self

    def occurrences(self, readings: Sequence[Reading]) -> Occurrences:
        """Every known feature of a batch at its place. Unknown features have none."""
        vocabulary = self.vocabulary_
        columns: list[Ints] = []
        sizes: list[int] = []
        word_clause: list[int] = []
        clause_weight: list[float] = []
        others: list[tuple[int, int, int, int]] = []
        clause_begins, word_begins = [0], [0]
        for reading in readings:
            clause_at, word_at = clause_begins[-1], word_begins[-1]
            marks = [_MARKS[a] for a in reading.assertions]
            for word, term, mark in zip(reading.words, reading.terms, marks, strict=True):
                known = self._columns.get((word, mark))
                if known is None:
                    known = self._word_columns(word, term, mark)
                columns.append(known)
                sizes.append(len(known))
            for number, clause in enumerate(reading.clauses, start=clause_at):
                word_clause.extend([number] * (clause.end - clause.start))
                clause_weight.append(self._recency(reading, clause))
            for feature, clause_number, first, last in _placed_features(reading, marks):
                column = vocabulary.get(feature)
                if column is not None:
                    others.append((column, clause_at + clause_number, word_at + first, word_at + last))
            clause_begins.append(clause_at + len(reading.clauses))
            word_begins.append(word_at + len(reading.words))
        place = np.repeat(np.arange(word_begins[-1]), np.array(sizes, dtype=np.int64))
        rest = np.array(others, dtype=np.int64).reshape(-1, 4)
        clauses = np.concatenate([np.array(word_clause, dtype=np.int64)[place], rest[:, 1]])
        return Occurrences(
            column=np.concatenate([*columns, rest[:, 0]]) if columns else rest[:, 0],
            clause=clauses,
            first=np.concatenate([place, rest[:, 2]]),
            last=np.concatenate([place, rest[:, 3]]),
            weight=np.array(clause_weight)[clauses],
            clause_begins=np.array(clause_begins),
            word_begins=np.array(word_begins),
        )

    def _recency(self, reading: Reading, clause: Clause) -> float:
        if not reading.entries:
            return 1.0
        return max(self.oldest, self.newest * self.fading ** abs(reading.newest - clause.entry))

    def matrix(self, found: Occurrences, unit: Ints, units: int) -> tuple[sparse.csr_matrix, Ints, Floats]:
        """Features of units (narratives or clauses) from occurrences; ``unit`` says which one each belongs to.

        Returns:
            The matrix (units × features); for each occurrence the position of its entry in the matrix's data, and
            its share of that entry.
        """
        features = len(self.vocabulary_)
        key, entry = np.unique(unit * features + found.column, return_inverse=True)
        count = np.bincount(entry, weights=found.weight, minlength=len(key))
        rows, columns = np.divmod(key, features) if features else (key, key)
        values = np.log2(1.0 + count) * self.idf_[columns]
        block = rows * len(GROUPS) + self.group_[columns]
        norms = np.sqrt(np.bincount(block, weights=values**2, minlength=units * len(GROUPS)))
        group_weights = {**dict.fromkeys(GROUPS, 1.0), **(self.weights or {})}
        values *= np.array([group_weights[g] for g in GROUPS])[self.group_[columns]] / norms[block]
        begins = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=units))])
        return sparse.csr_matrix((values, columns, begins), shape=(units, features)), entry, found.weight / count[entry]

    def transform(self, readings: Sequence[Reading]) -> sparse.csr_matrix:
        """Whole narratives × features, a few at a time: all occurrences of many narratives would fill the memory."""
        return sparse.vstack([self._wholes(some) for some in pieces(readings)], format="csr")

    def _wholes(self, readings: Sequence[Reading]) -> sparse.csr_matrix:
        found = self.occurrences(readings)
        return self.matrix(found, narrative_of(found), len(readings))[0]

    def unphrased(self, reading: Reading) -> float:
        """The share of neighbouring words in a clause that training never met side by side; 0 without any."""
        marked = [_MARKS[a] + term for a, term in zip(reading.assertions, reading.terms, strict=True)]
        pairs = [n for clause in reading.clauses for n, _, _ in _pair_features(marked, clause) if n[0] == "b"]
        return sum(name not in self.vocabulary_ for name in pairs) / len(pairs) if pairs else 0.0

    def _word_columns(self, word: str, term: str, mark: str) -> Ints:
        names = _word_features(word, term, mark, self.letters)
        known = np.array([c for n in names if (c := self.vocabulary_.get(n)) is not None], dtype=np.int64)
        if len(self._columns) >= _REMEMBERED:  # flat memory over a long life
            self._columns.clear()
        self._columns[(word, mark)] = known
        return known

    def _names(self, reading: Reading) -> Iterator[str]:
        marks = [_MARKS[a] for a in reading.assertions]
        for word, term, mark in zip(reading.words, reading.terms, marks, strict=True):
            yield from _word_features(word, term, mark, self.letters)
        for name, _, _, _ in _placed_features(reading, marks):
            yield name

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_columns", None)  # what a process remembers is not part of the model
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._columns = {}


def pieces(readings: Sequence[Reading]) -> Iterator[Sequence[Reading]]:
    """So many at a time as are quick together and small in memory; at least one piece."""
    for at in range(0, max(1, len(readings)), _TOGETHER):
        yield readings[at : at + _TOGETHER]


def narrative_of(found: Occurrences) -> Ints:
    """The narrative of each occurrence."""
    owner = np.repeat(np.arange(len(found.clause_begins) - 1), np.diff(found.clause_begins))
    return np.asarray(owner[found.clause])


def _group(name: str) -> int:
    return {"w": 0, "b": 0, "s": 1, "l": 2}.get(name[0], 3)


def _word_features(word: str, term: str, mark: str, letters: tuple[int, int]) -> list[str]:
    if term == _UNCOUNTED:
        return []
    features = [f"w:{mark}{term}"]
    # A word that was made neutral has no letters of its own to count.
    if word[0] != "<" and (word == term or stem(word) == term):
        framed = f" {word} "
        features += [
            f"l:{framed[i : i + n]}" for n in range(letters[0], letters[1] + 1) for i in range(len(framed) - n + 1)
        ]
    return features


def _placed_features(reading: Reading, marks: Sequence[str]) -> Iterator[tuple[str, int, int, int]]:
    """The features of more than one word, each with its clause and the words at the ends of its place."""
    marked = [mark + term for mark, term in zip(marks, reading.terms, strict=True)]
    for number, clause in enumerate(reading.clauses):
        for name, first, last in _pair_features(marked, clause):
            yield name, number, first, last
    yield from _cue_features(reading)


def _pair_features(marked: Sequence[str], clause: Clause) -> Iterator[tuple[str, int, int]]:
    """Neighbours, and words with one between them, in a clause; each with the places of the two."""
    before = last = -1
    for at in range(clause.start, clause.end):
        if marked[at].endswith(_UNCOUNTED):
            continue
        if last >= 0:
            yield f"b:{marked[last]} {marked[at]}", last, at
        if before >= 0:
            yield f"s:{marked[before]} {marked[at]}", before, at
        before, last = last, at


def _cue_features(reading: Reading) -> Iterator[tuple[str, int, int, int]]:
    """Each cue feature with its clause and the words at the ends of its place: kind and phrase with assertion, in a
    log whether it is news, and pairs of kinds that one clause asserts as present."""
    present: dict[str, Cue] = {}
    clause = -1
    for cue in reading.cues:
        place = (cue.clause, cue.start, cue.end - 1)
        yield f"k:{cue.kind}|{cue.assertion}", *place
        yield f"p:{cue.phrase}|{cue.assertion}", *place
        if reading.entries:
            age = "new" if reading.clauses[cue.clause].entry == reading.newest else "old"
            yield f"{age}:{cue.kind}|{cue.assertion}", *place
        if cue.clause != clause:
            clause, present = cue.clause, {}
        if cue.assertion == PRESENT and cue.kind not in present:
            for kind, other in present.items():
                first, second = sorted((kind, cue.kind))
                yield f"c:{first}+{second}", clause, other.start, cue.start
            present[cue.kind] = cue
