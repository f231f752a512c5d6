"""What somebody would use instead, on the same splits: keyword rules and plain TF-IDF."""

import io
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union

from model.calibration import Sigmoid, composed, probabilities
from model.factors import FACTORS
from model.features import Floats
from training.evaluation import Judgement, derived

KEYWORDS: Final = Path(__file__).parent / "keywords.toml"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A baseline that was fitted: ``logits`` takes texts and gives logits (texts × 4); ``stored`` counts the bytes
    that it takes up on disk."""

    logits: Callable[[Sequence[str]], Floats]
    stored: Callable[[], int]


Baseline = Callable[[Sequence[str], np.ndarray], Fitted]
"""Takes training texts and their labels (texts × 4)."""


def keyword_rules(texts: Sequence[str], labels: np.ndarray) -> Fitted:
    """Keyword search in the manner of Langton et al. (2021): a factor's logit grows with its keywords in the text."""
    with KEYWORDS.open("rb") as file:
        words = tomllib.load(file)
    patterns = [re.compile(r"\b(?:" + "|".join(map(re.escape, words[f])) + r")\b", re.IGNORECASE) for f in FACTORS]
    return Fitted(
        lambda others: np.array([[float(len(p.findall(text))) for p in patterns] for text in others]),
        lambda: KEYWORDS.stat().st_size,
    )


def words(texts: Sequence[str], labels: np.ndarray) -> Fitted:
    """TF-IDF of words and word pairs with logistic regression."""
    return _tfidf([TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)], texts, labels)


def words_and_letters(texts: Sequence[str], labels: np.ndarray) -> Fitted:
    """The same with letter n-grams beside it: the one to beat."""
    parts = [
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2),
    ]
    return _tfidf(parts, texts, labels)


BASELINES: Final[dict[str, Baseline]] = {
    "keyword rules": keyword_rules,
    "TF-IDF words": words,
    "TF-IDF words + letters": words_and_letters,
}


def judge(baseline: Baseline, texts: Sequence[str], labels: np.ndarray, calibrating: tuple[Sequence[str], np.ndarray],
          others: Sequence[str]) -> Judgement:  # fmt: skip
    """Fit a baseline, calibrate it on other authors as simply as can be, and judge the rest."""
    own, truth = calibrating
    logits = baseline(texts, labels).logits([*own, *others])
    return calibrated(logits[: len(own)], truth, logits[len(own) :])


def calibrated(own: Floats, truth: np.ndarray, others: Floats) -> Judgement:
    """From logits (× 4) of the calibration authors and of others to what the baseline says of the others."""
    sigmoids = [Sigmoid.fit(own[:, k], truth[:, k]) for k in range(len(FACTORS))]

    def both(logits: Floats) -> tuple[Floats, Floats]:
        columns = np.column_stack([s(logits[:, k]) for k, s in enumerate(sigmoids)])
        return columns, composed(columns)

    last = Sigmoid.fit(both(own)[1], derived(truth)[0])
    factors, score = both(others)
    return Judgement(np.column_stack([probabilities(factors), probabilities(last(score))]), score)


def on_disk(value: Any) -> int:
    """Bytes of a value as joblib writes it, compressed as the shipped model is."""
    buffer = io.BytesIO()
    joblib.dump(value, buffer, compress=("zlib", 3))
    return buffer.tell()


def logistic_heads(inside: Any, labels: np.ndarray) -> list[LogisticRegression]:
    """One logistic regression a factor."""
    return [LogisticRegression(C=10, solver="liblinear", random_state=0).fit(inside, y) for y in labels.T]


def _tfidf(parts: list[TfidfVectorizer], texts: Sequence[str], labels: np.ndarray) -> Fitted:
    vectoriser = make_union(*parts)
    heads = logistic_heads(vectoriser.fit_transform(texts), labels)

    def logits(others: Sequence[str]) -> Floats:
        outside = vectoriser.transform(others)
        return np.column_stack([head.decision_function(outside) for head in heads])

    return Fitted(logits, lambda: on_disk((vectoriser, heads)))
