"""What somebody would use instead, on the same splits: keyword rules and plain TF-IDF."""

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union

from model.calibration import Sigmoid, composed, probabilities
from model.factors import FACTORS
from model.features import Floats
from training.evaluation import Judgement, derived

KEYWORDS: Final = Path(__file__).parent / "keywords.toml"

Baseline = Callable[[Sequence[str], np.ndarray, Sequence[str]], Floats]
"""Takes training texts, their labels and other texts; gives logits (other texts × 4)."""


def keyword_rules(texts: Sequence[str], labels: np.ndarray, others: Sequence[str]) -> Floats:
    """Keyword search in the manner of Langton et al. (2021): a factor's logit grows with its keywords in the text."""
    with KEYWORDS.open("rb") as file:
        words = tomllib.load(file)
    patterns = [re.compile(r"\b(?:" + "|".join(map(re.escape, words[f])) + r")\b", re.IGNORECASE) for f in FACTORS]
    return np.array([[float(len(p.findall(text))) for p in patterns] for text in others])


def words(texts: Sequence[str], labels: np.ndarray, others: Sequence[str]) -> Floats:
    """TF-IDF of words and word pairs with logistic regression."""
    return _tfidf([TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)], texts, labels, others)


def words_and_letters(texts: Sequence[str], labels: np.ndarray, others: Sequence[str]) -> Floats:
    """The same with letter n-grams beside it: the one to beat."""
    parts = [
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2),
    ]
    return _tfidf(parts, texts, labels, others)


BASELINES: Final[dict[str, Baseline]] = {
    "keyword rules": keyword_rules,
    "TF-IDF words": words,
    "TF-IDF words + letters": words_and_letters,
}


def judge(baseline: Baseline, texts: Sequence[str], labels: np.ndarray, calibrating: tuple[Sequence[str], np.ndarray],
          others: Sequence[str]) -> Judgement:  # fmt: skip
    """Fit a baseline, calibrate it on other authors as simply as can be, and judge the rest."""
    own, truth = calibrating
    logits = baseline(texts, labels, [*own, *others])
    sigmoids = [Sigmoid.fit(logits[: len(own), k], truth[:, k]) for k in range(len(FACTORS))]
    calibrated = np.column_stack([s(logits[:, k]) for k, s in enumerate(sigmoids)])
    score = composed(calibrated)
    last = Sigmoid.fit(score[: len(own)], derived(truth)[0])
    both = np.column_stack([probabilities(calibrated), probabilities(last(score))])
    return Judgement(both[len(own) :], score[len(own) :])


def _tfidf(parts: list[TfidfVectorizer], texts: Sequence[str], labels: np.ndarray, others: Sequence[str]) -> Floats:
    vectoriser = make_union(*parts)
    inside, outside = vectoriser.fit_transform(texts), vectoriser.transform(others)
    heads = [LogisticRegression(C=10, solver="liblinear", random_state=0).fit(inside, y) for y in labels.T]
    return np.column_stack([head.decision_function(outside) for head in heads])
