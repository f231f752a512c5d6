"""The estimator: narratives in, calibrated probabilities of the factors and of the derived class out."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import GroupKFold
from spacy.language import Language
from spacy.tokens import Doc

from model.calibration import Sigmoid, VennAbersInterval, calibrated, composed, probabilities, seconded
from model.decision import Familiarity
from model.factors import FACTORS
from model.features import Featuriser, Floats, Ints, Occurrences, narrative_of, pieces
from model.heads import ClauseHead, clause_margin, strongest_clause
from model.language import build
from model.narrative import Narrative
from model.padding import padded
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
_KEPT: Final = 20_000
_FEWEST_WORDS: Final = 3
_UNKNOWN_QUANTILE: Final = 0.998
_ENTRIES_SHARED: Final = 30_000_000


@dataclass(frozen=True, slots=True)
class Judged:
    """What the estimator says of a batch, before any decision.

    ``logits`` are the heads' own, with the reader's share where there is one (narratives × 4), ``calibrated`` after
    Platt's sigmoid, ``composed`` the score of the derived class. ``weights`` is what each word of the batch adds to
    each logit (words × 4), ``word_begins`` where each narrative's words begin. ``unknown`` and ``unphrased`` say how
    strange each is (see ``Occurrences``). ``doubts`` says of each narrative why a person should read it first, where
    the reader and the heads disagree.
    """

    readings: list[Reading]
    logits: Floats
    calibrated: Floats
    composed: Floats
    weights: Floats
    word_begins: Ints
    unknown: Floats
    unphrased: Floats
    doubts: Sequence[Because | None]

    def weights_of(self, number: int) -> Floats:
        """The words of one narrative (words × 4)."""
        return self.weights[self.word_begins[number] : self.word_begins[number + 1]]


class NarrativeClassifier(ClassifierMixin, BaseEstimator):
    """Reads narratives with spaCy and scores the four factors with one ``ClauseHead`` each. A fifth, which learns from
    mental-health narratives alone whether it is that and nothing else, is the second opinion of the derived class.

    Scikit-learn's interface, multi-label: ``fit(X, Y)`` with ``X`` a sequence of ``str`` or ``Narrative`` and ``Y`` a
    boolean matrix (narratives × 4, columns as ``FACTORS``), then ``calibrate`` on narratives by other authors.
    ``predict_proba`` gives five columns: the factors, then ``mental_health_only``.

    With a ``reader``, tuned beforehand, ``combine`` comes between the two, on narratives by authors that neither has
    learnt from.
    """

    _together: tuple[list[ClauseHead], Floats, Floats] | None = None

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
        is spent on them; ``out_of_fold_`` keeps what they say (narratives × 4) until the estimator is saved, and
        ``out_of_fold_scores_`` the composed scores.
        ``progress`` is told each step as it begins.
        """
        tell = progress or _silent
        tell("reading narratives")
        self.classes_ = [*FACTORS, "mental_health_only"]
        given = [_narrative(x) for x in X]
        fold = _folds(len(given), groups)
        around = padded([narrative.text for narrative in given], np.asarray(Y, dtype=bool), fold)
        readings = read([*given, *around.texts])
        targets = _targets(np.concatenate([Y, around.labels]))
        ill = targets[:, 0]
        fold = np.concatenate([fold, around.group])
        whole, strongest = np.empty(targets.shape), np.empty(targets.shape)
        fitted: list[tuple[Featuriser, list[ClauseHead]]] = []
        for number in range(_FOLDS):
            tell(f"fold {number + 1} of {_FOLDS}")
            inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
            self._fit_heads([readings[i] for i in inside], targets[inside])
            whole[outside], strongest[outside] = self._strengths([readings[i] for i in outside])
            fitted.append((self.featuriser_, self.heads_))
        tell("fitting on everything")
        self._fit_heads(readings, targets)
        *factors, opinion = self.heads_
        for k, head in enumerate(factors):
            head.blend(whole[:, k], strongest[:, k], targets[:, k])
        # That nothing speaks against a clause says nothing of the others, so the second opinion reads the whole.
        opinion.blend(whole[ill, -1], None, targets[ill, -1])
        tell("calibrating")
        # Clauses raise what they are believed in, so the last sigmoid must have seen that; of what was given alone,
        # since nobody puts calm round calls.
        size = len(given)
        readings, targets, fold, ill = readings[:size], targets[:size], fold[:size], ill[:size]
        logits = np.empty(targets.shape)
        for number, (featuriser, heads) in enumerate(fitted):
            outside = np.flatnonzero(fold == number)
            blended = [part.blended_as(head) for part, head in zip(heads, self.heads_, strict=True)]
            logits[outside] = self._of(featuriser, blended)._lexical([readings[i] for i in outside])
        self.sigmoids_ = (
            *(Sigmoid.fit(logits[:, k], targets[:, k]) for k in range(len(FACTORS))),
            Sigmoid.fit(logits[ill, -1], targets[ill, -1]),
        )
        out_of_fold, self.out_of_fold_scores_ = _composed(logits, self.sigmoids_)
        self.out_of_fold_ = probabilities(out_of_fold)
        return self

    def _of(self, featuriser: Featuriser, heads: list[ClauseHead]) -> Self:
        """An estimator of these parts, fitted elsewhere."""
        other: Self = clone(self)
        other.featuriser_, other.heads_ = featuriser, heads
        return other

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        for name in ("out_of_fold_", "out_of_fold_scores_"):  # one row a training narrative: not part of the model
            state.pop(name, None)
        state.pop("_together", None)  # the heads' weights once more
        return state

    def _fit_heads(self, readings: list[Reading], targets: Labels) -> None:
        self.featuriser_: Featuriser = clone(self.featuriser or Featuriser()).fit(readings)
        whole = self.featuriser_.transform(readings)
        heads = [clone(self.head or ClauseHead()) for _ in self.classes_]
        # Threads: the solver lets go of the interpreter, and the matrix is shared.
        # Each takes copies of it, though, so that one after another is all that fits when it is large.
        together = len(heads) if whole.nnz <= _ENTRIES_SHARED else 1
        ill = targets[:, 0]
        lessons = [*((whole, targets[:, k]) for k in range(len(FACTORS))), (whole[ill], targets[ill, -1])]
        self.heads_: list[ClauseHead] = Parallel(n_jobs=together, prefer="threads")(
            delayed(head.fit)(*lesson) for head, lesson in zip(heads, lessons, strict=True)
        )

    def combine(self, X: Sequence[str | Narrative], Y: Labels) -> Self:
        """Learn what the reader counts beside the heads, on authors that neither of them has seen."""
        readings = read(X)
        self.combination_ = Combination.fit(self._lexical(readings), self._heard(X, readings), _targets(Y))
        return self

    def calibrate(self, X: Sequence[str | Narrative], Y: Labels) -> Self:
        """Fit the Venn-Abers interval and the bounds of the familiar, on authors that ``fit`` has not seen."""
        readings = read(X)
        targets = _targets(Y)
        only = targets[:, -1]
        self.prevalence_ = float(only.mean())
        looked = [
            (self._believed(look)[0], look.found.unknown, look.found.unphrased)
            for look in map(self._look, pieces(readings))
        ]
        logits, unknown, unphrased = map(np.concatenate, zip(*looked, strict=True))
        if self.reader is not None:
            heard = self._heard(X, readings)
            most_apart = strongly(self.combination_.apart(logits, heard))
            self.combination_ = replace(self.combination_, most_apart=most_apart)
            logits = self.combination_.logits(logits, heard)
        factors, score = _composed(logits, self._sigmoids())
        self.interval_ = VennAbersInterval.fit(score, only)
        self.factor_intervals_ = [VennAbersInterval.fit(factors[:, k], targets[:, k]) for k in range(len(FACTORS))]
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
        lexical, alone = self._believed(look)
        logits, doubts = self._beside(lexical, X, readings)
        factors, score = _composed(logits, self._sigmoids())
        found = look.found
        return Judged(
            readings=readings,
            logits=logits[:, : len(FACTORS)],
            calibrated=factors,
            composed=score,
            weights=self._weights(look, alone),
            word_begins=found.word_begins,
            unknown=found.unknown,
            unphrased=found.unphrased,
            doubts=doubts,
        )

    def decision_function(self, X: Sequence[str | Narrative]) -> Floats:
        """Logits before calibration (narratives × 5)."""
        readings = read(X)
        return self._beside(self._lexical(readings), X, readings)[0]

    def predict_proba(self, X: Sequence[str | Narrative]) -> Floats:
        """Calibrated probabilities (narratives × 5)."""
        factors, score = _composed(self.decision_function(X), self._sigmoids())
        return np.column_stack([probabilities(factors), self.interval_(score)[0]])

    def predict(self, X: Sequence[str | Narrative]) -> Labels:
        """Which of the five are more likely than not. No decision: ``decision.decide`` makes those."""
        return np.asarray(self.predict_proba(X) > 0.5)

    def strangeness(self, judged: Judged, number: int) -> Because | None:
        """Why a narrative of the batch is unlike anything in training, or what the reader and the heads disagree about;
        ``None`` for most."""
        unfamiliar = self.familiarity_.strangeness(
            len(judged.readings[number].words), float(judged.unknown[number]), float(judged.unphrased[number])
        )
        return unfamiliar or judged.doubts[number]

    def factor_ranges(self, factors: Mapping[str, float]) -> dict[str, tuple[float, float]]:
        """The Venn-Abers bounds of each factor's probability, by name; for the eye, no decision uses them."""
        ranges = {}
        for name, interval in zip(FACTORS, self.factor_intervals_, strict=True):
            probability = factors[name]
            _, low, high = interval(np.array([logit(probability)]))
            ranges[name] = (min(float(low[0]), probability), max(float(high[0]), probability))
        return ranges

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
        return self.sigmoids_ if self.reader is None else self.combination_.sigmoids

    def _lexical(self, readings: Sequence[Reading]) -> Floats:
        """The heads' logits (narratives × 5), in pieces for memory's sake."""
        return np.concatenate([self._believed(self._look(some))[0] for some in pieces(readings)])

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
        matrix = self.featuriser_.matrix
        whole, whole_entry, whole_share = matrix(found.column, found.weight, narrative_of(found), len(readings))
        parts, part_entry, part_share = matrix(found.column, found.weight, found.clause, clause_count)
        weights, bias = self._stacked()
        clauses = parts @ weights + bias
        witness = strongest_clause(clauses, found.clause_begins)
        return _Look(
            found=found,
            whole=whole @ weights + bias,
            witness=witness,
            strongest=np.take_along_axis(clauses, witness, axis=0),
            each=whole.data[whole_entry] * whole_share,
            each_part=parts.data[part_entry] * part_share,
        )

    def _stacked(self) -> tuple[Floats, Floats]:
        """The weights of all heads side by side (features × 5) and their biases (5), put together once."""
        if self._together is None or self._together[0] is not self.heads_:
            weights = np.column_stack([head.weights_ for head in self.heads_])
            self._together = self.heads_, weights, np.array([head.bias_ for head in self.heads_])
        return self._together[1:]

    def _believed(self, look: "_Look") -> tuple[Floats, NDArray[np.bool_]]:
        """The logits (narratives × 5), and which factors' were taken from the strongest clause alone (narratives × 4,
        booleans).

        Where that clause, as if it were the whole call, says more of a police factor than the whole by a margin, it is
        believed, less the margin.
        """
        logits = self._blended(look.whole, look.strongest)
        police = slice(1, len(FACTORS))
        slopes = np.array([head.sigmoid_.slope for head in self.heads_[police]])
        margins = clause_margin(np.diff(look.found.word_begins))[:, None] / slopes
        believed = self._blended(look.strongest, look.strongest)[:, police] - margins
        alone = np.zeros((len(logits), len(FACTORS)), dtype=bool)
        alone[:, police] = believed > logits[:, police]
        logits[:, police] = np.maximum(logits[:, police], believed)
        return logits, alone

    def _blended(self, whole: Floats, strongest: Floats) -> Floats:
        return np.asarray(whole + np.array([head.clause_share_ for head in self.heads_]) * strongest)

    def _strengths(self, readings: Sequence[Reading]) -> tuple[Floats, Floats]:
        """Scores of the wholes and of their strongest clauses, in pieces, so that memory holds two numbers a head."""
        looked = ((look.whole, look.strongest) for look in map(self._look, pieces(readings)))
        whole, strongest = zip(*looked, strict=True)
        return np.concatenate(whole), np.concatenate(strongest)

    def _weights(self, look: "_Look", alone: NDArray[np.bool_]) -> Floats:
        """What each word adds to each factor's logit (words × 4): its part in the whole, unless the strongest clause
        was believed ``alone``, and in that clause."""
        found = look.found
        owner = narrative_of(found)
        each = np.column_stack(
            [
                head.weights_[found.column]
                * (
                    look.each * ~alone[owner, k]
                    + look.each_part * (alone[owner, k] + head.clause_share_) * (look.witness[owner, k] == found.clause)
                )
                for k, head in enumerate(self.heads_[: len(FACTORS)])
            ]
        )
        return word_weights(found.first, found.last, each, int(found.word_begins[-1]))


@dataclass(frozen=True, slots=True)
class _Look:
    """What the heads see of a batch: scores of the ``whole`` narratives and of their ``strongest`` clauses
    (narratives × 5), which clauses of the batch those are (``witness``), and the value of each occurrence in its whole
    and in its clause."""

    found: Occurrences
    whole: Floats
    witness: Ints
    strongest: Floats
    each: Floats
    each_part: Floats


@lru_cache(maxsize=2)
def language(lexicon: Path = LEXICON) -> Language:
    """The pipeline, built once a process."""
    return build(lexicon)


def read(X: Iterable[str | Narrative]) -> list[Reading]:
    """The readings of narratives. Beyond the first ``_KEPT`` words, which make the tokeniser quick, what spaCy
    remembers of them is forgotten at once, so memory stays flat."""
    nlp = language()
    # A zone is the vocabulary's, not a thread's: when one thread leaves it, what the others read there is gone.
    with _READING, nlp.memory_zone() if len(nlp.vocab) > _KEPT else nullcontext():
        # One component after the other, as ``nlp(text)`` does, less what that spends on each call.
        components = [component for _, component in nlp.pipeline]
        return [reading_of(reduce(_passed, components, nlp.make_doc(_cleaned(x)))) for x in X]


def _passed(doc: Doc, component: Callable[[Doc], Doc]) -> Doc:
    return component(doc)


def _composed(logits: Floats, sigmoids: Sequence[Sigmoid]) -> tuple[Floats, Floats]:
    """Calibrated logits of the factors (narratives × 4), and the score of the derived class."""
    columns = calibrated(logits, sigmoids)
    factors, opinion = columns[:, : len(FACTORS)], columns[:, -1]
    return factors, seconded(composed(factors), opinion)


def _cleaned(x: str | Narrative) -> str:
    return _narrative(x).text


def _narrative(x: str | Narrative) -> Narrative:
    return x if isinstance(x, Narrative) else Narrative.of(x)


def _targets(Y: Labels) -> Labels:
    """What the five heads learn: the factors, and the derived class."""
    return np.column_stack([Y, Y[:, 0] & ~Y[:, 1:].any(axis=1)])


def _folds(size: int, groups: Sequence[str] | None) -> Ints:
    """The fold of each of so many narratives, no group in two."""
    fold = np.empty(size, dtype=np.int64)
    cuts = GroupKFold(_FOLDS).split(range(size), groups=groups if groups is not None else range(size))
    for number, (_, outside) in enumerate(cuts):
        fold[outside] = number
    return fold


def _silent(_: str) -> None:
    return None
