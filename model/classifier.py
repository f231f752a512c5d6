"""The estimator: narratives in, calibrated probabilities of the factors and of the derived class out."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import GroupKFold
from spacy.language import Language

from model.calibration import Sigmoid, VennAbersInterval, calibrated, composed, probabilities, seconded
from model.decision import Familiarity
from model.factors import FACTORS
from model.features import Featuriser, Floats, Ints, Occurrences, narrative_of, pieces
from model.heads import ClauseHead, strongest_clause
from model.language import build
from model.narrative import Narrative
from model.phrases import LEXICON
from model.reader.beside import Combination, strongly
from model.reader.clauses import left_out
from model.reader.encoder import Reader
from model.reader.words import worded
from model.reading import Reading, reading_of
from model.reasons import word_weights
from model.score import Because, LeftOut

Labels = np.ndarray
_READING: Final = threading.Lock()
_FOLDS: Final = 3
_FEWEST_WORDS: Final = 3
_UNKNOWN_QUANTILE: Final = 0.998
_ENTRIES_SHARED: Final = 30_000_000


@dataclass(frozen=True, slots=True)
class Judged:
    """What the estimator says of a batch, before any decision.

    ``logits`` are the heads' own, with the reader's share where there is one (narratives × 4), ``calibrated`` after
    Platt's sigmoid, ``composed`` the score of the derived class. ``weights`` is what each word of the batch adds to
    each logit (words × 4), ``word_begins`` where each narrative's words begin. ``doubts`` says of each narrative why a
    person should read it first, where the reader and the heads disagree.
    """

    readings: list[Reading]
    logits: Floats
    calibrated: Floats
    composed: Floats
    weights: Floats
    word_begins: Ints
    doubts: Sequence[Because | None]

    def weights_of(self, number: int) -> Floats:
        """The words of one narrative (words × 4)."""
        return self.weights[self.word_begins[number] : self.word_begins[number + 1]]


class NarrativeClassifier(ClassifierMixin, BaseEstimator):
    """Reads narratives with spaCy and scores the four factors with one ``ClauseHead`` each, and the derived class with
    a fifth as a second opinion.

    Scikit-learn's interface, multi-label: ``fit(X, Y)`` with ``X`` a sequence of ``str`` or ``Narrative`` and ``Y`` a
    boolean matrix (narratives × 4, columns as ``FACTORS``), then ``calibrate`` on narratives by other authors.
    ``predict_proba`` gives five columns: the factors, then ``mental_health_only``.

    With a ``reader``, tuned beforehand, ``combine`` comes between the two, on narratives by authors that neither has
    learnt from.
    """

    reader: Reader | None = None  # of models made before there was one

    def __init__(
        self, featuriser: Featuriser | None = None, head: ClauseHead | None = None, reader: Reader | None = None
    ) -> None:
        self.featuriser = featuriser
        self.head = head
        self.reader = reader

    def fit(
        self,
        X: Sequence[str | Narrative],
        Y: Labels,
        groups: Sequence[str] | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> Self:
        """Learn the vocabulary, the four heads and their sigmoids.

        The sigmoids come from out-of-fold logits, no group (author) cut between folds, so that no calibration data
        is spent on them; ``out_of_fold_`` keeps what they say (narratives × 4) until the estimator is saved.
        ``progress`` is told each step as it begins.
        """
        tell = progress or _silent
        tell("reading narratives")
        readings = read(X)
        self.classes_ = [*FACTORS, "mental_health_only"]
        targets = _targets(Y)
        folds = GroupKFold(_FOLDS).split(readings, groups=groups if groups is not None else range(len(readings)))
        whole, strongest = np.empty(targets.shape), np.empty(targets.shape)
        for number, (inside, outside) in enumerate(folds, start=1):
            tell(f"fold {number} of {_FOLDS}")
            self._fit_heads([readings[i] for i in inside], targets[inside])
            whole[outside], strongest[outside] = self._strengths([readings[i] for i in outside])
        tell("fitting on everything")
        self._fit_heads(readings, targets)
        words = np.array([len(r.words) for r in readings], dtype=float)
        for k, head in enumerate(self.heads_):
            head.blend(whole[:, k], strongest[:, k], words, targets[:, k])
        logits = self._blended(whole, strongest, words)
        self.out_of_fold_ = probabilities(_composed(logits, [h.sigmoid_ for h in self.heads_])[0])
        return self

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("out_of_fold_", None)  # one row a training narrative: not part of the model
        return state

    def _fit_heads(self, readings: list[Reading], targets: Labels) -> None:
        self.featuriser_: Featuriser = clone(self.featuriser or Featuriser()).fit(readings)
        whole = self.featuriser_.transform(readings)
        heads = [clone(self.head or ClauseHead()) for _ in self.classes_]
        # Threads: the solver lets go of the interpreter, and the matrix is shared.
        # Each takes copies of it, though, so that one after another is all that fits when it is large.
        together = len(heads) if whole.nnz <= _ENTRIES_SHARED else 1
        self.heads_: list[ClauseHead] = Parallel(n_jobs=together, prefer="threads")(
            delayed(head.fit)(whole, targets[:, column]) for column, head in enumerate(heads)
        )

    def combine(self, X: Sequence[str | Narrative], Y: Labels) -> Self:
        """Learn what the reader counts beside the heads, on authors that neither of them has seen."""
        readings = read(X)
        lexical = self._logits(self._look(readings))
        self.combination_ = Combination.fit(lexical, self._heard(X, readings), _targets(Y))
        return self

    def calibrate(self, X: Sequence[str | Narrative], Y: Labels) -> Self:
        """Fit the Venn-Abers interval and the bounds of the familiar, on authors that ``fit`` has not seen."""
        readings = read(X)
        only = _targets(Y)[:, -1]
        self.prevalence_ = float(only.mean())
        whole, strongest = self._strengths(readings)
        words = np.array([len(r.words) for r in readings], dtype=float)
        logits = self._blended(whole, strongest, words)
        if self.reader is not None:
            heard = self._heard(X, readings)
            most_apart = strongly(self.combination_.apart(logits, heard))
            self.combination_ = replace(self.combination_, most_apart=most_apart)
            logits = self.combination_.logits(logits, heard)
        self.interval_ = VennAbersInterval.fit(_composed(logits, self._sigmoids())[1], only)
        unknown = np.array([self.unknown(r) for r in readings])
        unphrased = np.array([self.featuriser_.unphrased(r) for r in readings])
        longest = max(len(r.words) for r in readings)
        self.familiarity_ = Familiarity(
            fewest_words=_FEWEST_WORDS,
            most_words=2 * longest,
            most_unknown=float(np.quantile(unknown, _UNKNOWN_QUANTILE)),
            most_unphrased=float(np.quantile(unphrased, _UNKNOWN_QUANTILE)),
        )
        return self

    def judge(self, X: Sequence[str | Narrative]) -> Judged:
        """Everything that scoring and its reasons need, in one pass."""
        readings = read(X)
        look = self._look(readings)
        logits, doubts = self._beside(self._logits(look), X, readings)
        factors, score = _composed(logits, self._sigmoids())
        return Judged(
            readings, logits[:, : len(FACTORS)], factors, score, self._weights(look), look.found.word_begins, doubts
        )

    def decision_function(self, X: Sequence[str | Narrative]) -> Floats:
        """Logits before calibration (narratives × 5)."""
        readings = read(X)
        return self._beside(self._logits(self._look(readings)), X, readings)[0]

    def predict_proba(self, X: Sequence[str | Narrative]) -> Floats:
        """Calibrated probabilities (narratives × 5)."""
        factors, score = _composed(self.decision_function(X), self._sigmoids())
        return np.column_stack([probabilities(factors), self.interval_(score)[0]])

    def predict(self, X: Sequence[str | Narrative]) -> Labels:
        """Which of the five are more likely than not. No decision: ``decision.decide`` makes those."""
        return np.asarray(self.predict_proba(X) > 0.5)

    def unknown(self, reading: Reading) -> float:
        """The share of a reading's words that never came up in training."""
        words = [t for t in reading.terms if t[0] != "<"]
        if not words:
            return 1.0
        known = self.featuriser_.vocabulary_
        return sum(f"w:{t}" not in known for t in words) / len(words)

    def strangeness(self, reading: Reading, unknown: float | None = None) -> Because | None:
        """Why a reading is unlike anything in training, or ``None``. ``unknown`` spares counting again."""
        share = self.unknown(reading) if unknown is None else unknown
        return self.familiarity_.strangeness(len(reading.words), share, self.featuriser_.unphrased(reading))

    def calibration_facts(self) -> dict[str, Any]:
        """Slope and shift of each factor's sigmoid: probability = expit(slope × logit + shift)."""
        return {
            f: {"slope": round(s.slope, 4), "shift": round(s.shift, 4)}
            for f, s in zip(self.classes_, self._sigmoids(), strict=True)
        }

    def left_out(self, narrative: Narrative) -> tuple[LeftOut, ...]:
        """What the reader, where there is one, took from each clause of a narrative."""
        if self.reader is None:
            return ()
        return left_out(narrative, read([narrative])[0], self.reader, self.combination_.shares)

    def reader_facts(self) -> dict[str, Any] | None:
        """What the reader counts beside the heads, if there is one."""
        return None if self.reader is None else self.combination_.facts()

    def _sigmoids(self) -> Sequence[Sigmoid]:
        return [h.sigmoid_ for h in self.heads_] if self.reader is None else self.combination_.sigmoids

    def _heard(self, X: Sequence[str | Narrative], readings: Sequence[Reading]) -> Floats:
        """The reader's logits (narratives × 5)."""
        assert self.reader is not None
        return self.reader.transform([worded(r, _cleaned(x)) for x, r in zip(X, readings, strict=True)])

    def _beside(
        self, lexical: Floats, X: Sequence[str | Narrative], readings: Sequence[Reading]
    ) -> tuple[Floats, Sequence[Because | None]]:
        """The heads' logits with the reader's share, where there is one, and what the two disagree about."""
        if self.reader is None:
            return lexical, [None] * len(readings)
        heard = self._heard(X, readings)
        apart = self.combination_.apart(lexical, heard)
        return self.combination_.logits(lexical, heard), [self.combination_.doubt(float(a)) for a in apart]

    def _look(self, readings: Sequence[Reading]) -> "_Look":
        found = self.featuriser_.occurrences(readings)
        clause_count = int(found.clause_begins[-1])
        whole, whole_entry, whole_share = self.featuriser_.matrix(found, narrative_of(found), len(readings))
        parts, part_entry, part_share = self.featuriser_.matrix(found, found.clause, clause_count)
        weights = np.column_stack([h.weights_ for h in self.heads_])
        bias = np.array([h.bias_ for h in self.heads_])
        clause_scores = parts @ weights + bias
        witness = np.column_stack([strongest_clause(s, found.clause_begins) for s in clause_scores.T])
        return _Look(
            found=found,
            whole=whole @ weights + bias,
            strongest=np.take_along_axis(clause_scores, witness, axis=0),
            witness=witness,
            each=whole.data[whole_entry] * whole_share,
            each_part=parts.data[part_entry] * part_share,
        )

    def _logits(self, look: "_Look") -> Floats:
        return self._blended(look.whole, look.strongest, np.diff(look.found.word_begins).astype(float))

    def _blended(self, whole: Floats, strongest: Floats, words: Floats) -> Floats:
        return np.column_stack([h.logit(whole[:, k], strongest[:, k], words) for k, h in enumerate(self.heads_)])

    def _strengths(self, readings: Sequence[Reading]) -> tuple[Floats, Floats]:
        """Scores of the wholes and of their strongest clauses, in pieces, so that memory holds two numbers a head."""
        looked = ((look.whole, look.strongest) for look in map(self._look, pieces(readings)))
        whole, strongest = zip(*looked, strict=True)
        return np.concatenate(whole), np.concatenate(strongest)

    def _weights(self, look: "_Look") -> Floats:
        """What each word adds to each factor's logit (words × 4): its part in the whole, and in the clause that was
        taken."""
        found = look.found
        taken = np.zeros((int(found.clause_begins[-1]), len(self.heads_)), dtype=bool)
        np.put_along_axis(taken, look.witness, True, axis=0)
        contributions = np.column_stack(
            [
                h.weights_[found.column] * (look.each + h.clause_share_ * look.each_part * taken[found.clause, k])
                for k, h in enumerate(self.heads_[: len(FACTORS)])
            ]
        )
        return word_weights(found.first, found.last, contributions, int(found.word_begins[-1]))


@dataclass(frozen=True, slots=True)
class _Look:
    """Scores of the wholes and of their strongest clauses (narratives × 5), which clauses those are, and the value
    of each occurrence in its whole and in its clause."""

    found: Occurrences
    whole: Floats
    strongest: Floats
    witness: Ints
    each: Floats
    each_part: Floats


@lru_cache(maxsize=2)
def language(lexicon: Path = LEXICON) -> Language:
    """The pipeline, built once a process."""
    return build(lexicon)


def _composed(logits: Floats, sigmoids: Sequence[Sigmoid]) -> tuple[Floats, Floats]:
    """Calibrated logits of the factors (narratives × 4), and the score of the derived class."""
    columns = calibrated(logits, sigmoids)
    factors, opinion = columns[:, : len(FACTORS)], columns[:, -1]
    return factors, seconded(composed(factors), opinion)


def read(X: Iterable[str | Narrative]) -> list[Reading]:
    """The readings of narratives. What spaCy remembers of them is forgotten at once, so memory stays flat."""
    nlp = language()
    # A zone is the vocabulary's, not a thread's: when one thread leaves it, what the others read there is gone.
    with _READING, nlp.memory_zone():
        return [reading_of(nlp(_cleaned(x))) for x in X]


def _cleaned(x: str | Narrative) -> str:
    return x.text if isinstance(x, Narrative) else Narrative.of(x).text


def _targets(Y: Labels) -> Labels:
    """What the five heads learn: the factors, and the derived class."""
    return np.column_stack([Y, Y[:, 0] & ~Y[:, 1:].any(axis=1)])


def _silent(_: str) -> None:
    return None
