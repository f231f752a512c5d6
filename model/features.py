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
_UNKNOWN, _SKIPPED = -1, -2

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Occurrences:
    """All features of a batch, each where it occurs.

    ``column`` is the vocabulary's; ``clause`` numbers the batch's clauses, ``first`` and ``last`` its words: the
    ends of the place the feature occurs at. ``weight`` is what an occurrence counts: one, and in a log more the newer
    its entry is. ``clause_begins`` and ``word_begins`` say where each narrative's clauses and words begin (length:
    narratives + 1). ``unknown`` is each narrative's share of words never met in training (1 without any),
    ``unphrased`` its share of neighbouring words in a clause never met side by side (0 without any).
    """

    column: Ints
    clause: Ints
    first: Ints
    last: Ints
    weight: Floats
    clause_begins: Ints
    word_begins: Ints
    unknown: Floats
    unphrased: Floats


@dataclass(frozen=True, slots=True)
class Pairs:
    """The vocabulary's pairs of words as numbers, so that those of a whole batch are looked up at once.

    ``terms`` numbers the marked terms; ``keys``, ascending, holds (words between × terms + first) × terms + last, and
    ``columns`` the column of each.
    """

    terms: dict[str, int]
    keys: Ints
    columns: Ints

    @classmethod
    def of(cls, vocabulary: Mapping[str, int]) -> Self:
        """Those of a vocabulary."""
        named = [name for name in vocabulary if name[0] in "bs"]
        ends = [name[2:].split(" ") for name in named]
        terms = {term: number for number, term in enumerate(sorted({term for pair in ends for term in pair}))}
        apart = np.array([name[0] == "s" for name in named], dtype=np.int64)
        first, last = np.array([[terms[a], terms[b]] for a, b in ends], dtype=np.int64).reshape(-1, 2).T
        keys = (apart * len(terms) + first) * len(terms) + last
        order = np.argsort(keys)
        return cls(terms, keys[order], np.array([vocabulary[name] for name in named], dtype=np.int64)[order])

    def look_up(self, apart: Ints, first: Ints, last: Ints) -> Ints:
        """The columns of pairs of numbered terms; ``-1`` for pairs never met."""
        if not len(self.keys):
            return np.full(len(first), _UNKNOWN)
        size = len(self.terms)
        key = np.where((first < 0) | (last < 0), _UNKNOWN, (apart * size + first) * size + last)
        place = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        return np.where(self.keys[place] == key, self.columns[place], _UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Word:
    """What is known of a word with its mark: the columns of its own features, the number of its marked term, and
    whether it counts as a word and is one never met."""

    columns: Ints
    term: int
    counts: bool
    unknown: bool


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
        self.pairs_ = Pairs.of(self.vocabulary_)
        self._words: dict[tuple[str, str], _Word] = {}
        return self

    def occurrences(self, readings: Sequence[Reading]) -> Occurrences:
        """Every known feature of a batch at its place. Unknown features have none."""
        words: list[_Word] = []
        clause_sizes: list[int] = []
        clause_weight: list[float] = []
        cues: list[tuple[int, int, int, int]] = []
        clause_begins, word_begins = [0], [0]
        for reading in readings:
            clause_at, word_at = clause_begins[-1], word_begins[-1]
            for word, term, assertion in zip(reading.words, reading.terms, reading.assertions, strict=True):
                mark = _MARKS[assertion]
                words.append(self._words.get((word, mark)) or self._met(word, term, mark))
            for clause in reading.clauses:
                clause_sizes.append(clause.end - clause.start)
                clause_weight.append(self._recency(reading, clause))
            for feature, clause_number, first, last in _cue_features(reading):
                column = self.vocabulary_.get(feature)
                if column is not None:
                    cues.append((column, clause_at + clause_number, word_at + first, word_at + last))
            clause_begins.append(clause_at + len(reading.clauses))
            word_begins.append(word_at + len(reading.words))
        begins = np.array(word_begins)
        clause_of = np.repeat(np.arange(clause_begins[-1]), clause_sizes)
        place = np.repeat(np.arange(begins[-1]), np.array([len(w.columns) for w in words], dtype=np.int64))
        terms = np.array([w.term for w in words], dtype=np.int64)
        apart, pair_first, pair_last = _pairs(terms, clause_of)
        pair_column = self.pairs_.look_up(apart, terms[pair_first], terms[pair_last])
        met = pair_column >= 0
        cue = np.array(cues, dtype=np.int64).reshape(-1, 4)
        clauses = np.concatenate([clause_of[place], clause_of[pair_first[met]], cue[:, 1]])
        owner = np.repeat(np.arange(len(readings)), np.diff(begins))
        neighbours = apart == 0
        counts = np.array([w.counts for w in words], dtype=bool)
        return Occurrences(
            column=np.concatenate([*(w.columns for w in words), pair_column[met], cue[:, 0]]),
            clause=clauses,
            first=np.concatenate([place, pair_first[met], cue[:, 2]]),
            last=np.concatenate([place, pair_last[met], cue[:, 3]]),
            weight=np.array(clause_weight)[clauses],
            clause_begins=np.array(clause_begins),
            word_begins=begins,
            unknown=_shares(
                owner[counts], np.array([w.unknown for w in words], dtype=bool)[counts], len(readings), 1.0
            ),
            unphrased=_shares(owner[pair_first[neighbours]], ~met[neighbours], len(readings), 0.0),
        )

    def _recency(self, reading: Reading, clause: Clause) -> float:
        if not reading.entries:
            return 1.0
        return max(self.oldest, self.newest * self.fading ** abs(reading.newest - clause.entry))

    def matrix(self, column: Ints, weight: Floats, unit: Ints, units: int) -> tuple[sparse.csr_matrix, Ints, Floats]:
        """Features of units (narratives or clauses) from the columns and weights of occurrences; ``unit`` says
        which one each belongs to.

        Returns:
            The matrix (units × features); for each occurrence the position of its entry in the matrix's data, and
            its share of that entry.
        """
        features = len(self.vocabulary_)
        key, entry = _distinct(unit * features + column)
        count = np.bincount(entry, weights=weight, minlength=len(key))
        rows, columns = np.divmod(key, features) if features else (key, key)
        values = np.log2(1.0 + count) * self.idf_[columns]
        block = rows * len(GROUPS) + self.group_[columns]
        norms = np.sqrt(np.bincount(block, weights=values**2, minlength=units * len(GROUPS)))
        group_weights = {**dict.fromkeys(GROUPS, 1.0), **(self.weights or {})}
        values *= np.array([group_weights[g] for g in GROUPS])[self.group_[columns]] / norms[block]
        begins = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=units))])
        return sparse.csr_matrix((values, columns, begins), shape=(units, features)), entry, weight / count[entry]

    def transform(self, readings: Sequence[Reading]) -> sparse.csr_matrix:
        """Whole narratives × features, a few at a time: all occurrences of many narratives would fill the memory."""
        return sparse.vstack([self._wholes(some) for some in pieces(readings)], format="csr")

    def _wholes(self, readings: Sequence[Reading]) -> sparse.csr_matrix:
        found = self.occurrences(readings)
        return self.matrix(found.column, found.weight, narrative_of(found), len(readings))[0]

    def _met(self, word: str, term: str, mark: str) -> _Word:
        names = _word_features(word, term, mark, self.letters)
        known = _Word(
            columns=np.array([c for n in names if (c := self.vocabulary_.get(n)) is not None], dtype=np.int64),
            term=_SKIPPED if term == _UNCOUNTED else self.pairs_.terms.get(mark + term, _UNKNOWN),
            counts=term[0] != "<",
            unknown=f"w:{term}" not in self.vocabulary_,
        )
        if len(self._words) >= _REMEMBERED:  # flat memory over a long life
            self._words.clear()
        self._words[(word, mark)] = known
        return known

    def _names(self, reading: Reading) -> Iterator[str]:
        marks = [_MARKS[a] for a in reading.assertions]
        for word, term, mark in zip(reading.words, reading.terms, marks, strict=True):
            yield from _word_features(word, term, mark, self.letters)
        marked = [mark + term for mark, term in zip(marks, reading.terms, strict=True)]
        for clause in reading.clauses:
            yield from _pair_names(marked, clause)
        for name, _, _, _ in _cue_features(reading):
            yield name

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_words", None)  # what a process remembers is not part of the model
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._words = {}


def _distinct(keys: Ints) -> tuple[Ints, Ints]:
    """The distinct keys, ascending, and which of them each is. As ``numpy.unique``, with a sort that is quick on keys
    that are nearly in order, as those of one narrative after another are."""
    if not len(keys):
        return keys, keys
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    entry = np.empty_like(order)
    entry[order] = np.cumsum(new) - 1
    return ordered[new], entry


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


def _pair_names(marked: Sequence[str], clause: Clause) -> Iterator[str]:
    """Neighbours, and words with one between them, in a clause."""
    counted = [m for m in marked[clause.start : clause.end] if not m.endswith(_UNCOUNTED)]
    for kind, apart in (("b", 1), ("s", 2)):
        yield from (f"{kind}:{first} {last}" for first, last in zip(counted, counted[apart:], strict=False))


def _pairs(term: Ints, clause: Ints) -> tuple[Ints, Ints, Ints]:
    """The places of ``_pair_names`` in a batch: words between, first and last of each pair that one clause holds."""
    at = np.flatnonzero(term != _SKIPPED)
    first, last = np.concatenate([at[:-1], at[:-2]]), np.concatenate([at[1:], at[2:]])
    apart = np.repeat([0, 1], [len(at[1:]), len(at[2:])])
    together = clause[first] == clause[last]
    return apart[together], first[together], last[together]


def _shares(owner: Ints, holds: NDArray[np.bool_], size: int, none: float) -> Floats:
    """For each narrative the share of its members that hold; ``none`` where it has no member."""
    members, holding = np.bincount(owner, minlength=size), np.bincount(owner, holds, minlength=size)
    return np.where(members, holding / np.maximum(members, 1), none)


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
