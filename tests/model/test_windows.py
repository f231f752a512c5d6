"""A long narrative is read through windows too: danger does not average out."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.classifier import NarrativeClassifier, read
from model.factors import FACTORS
from model.heads import length_term
from model.reading import Clause, Reading
from model.windows import CLAUSE_MARGIN, FACTOR_MARGIN, LONG, WORDS, windows_of

CALM = (
    "Caller rings most weeks and likes a chat. The voices are quieter since the new tablets and she slept well. "
    "Her support worker is coming tomorrow. She has eaten and the neighbour looks in on her. "
    "Just wants the number for the community mental health team. "
)
DANGER = "He is holding a knife to her throat and says he will kill her."


def _reading(sizes: list[int]) -> Reading:
    begins = [0, *np.cumsum(sizes).tolist()]
    clauses = [Clause(a, b, 0) for a, b in pairwise(begins)]
    return Reading(words=["word"] * begins[-1], clauses=clauses)


@given(st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=30), min_size=1, max_size=4))
def test_windows_hold_every_clause_of_long_narratives_in_order_and_never_more_than_one_window_of_words(
    batch: list[list[int]],
) -> None:
    readings = [_reading(sizes) for sizes in batch]
    windows = windows_of(readings)
    clause_at = 0
    for number, (sizes, reading) in enumerate(zip(batch, readings, strict=True)):
        mine = [
            windows.clauses[windows.begins[w] : windows.begins[w + 1]] - clause_at
            for w in np.flatnonzero(windows.narrative == number)
        ]
        if len(reading.words) <= LONG:
            assert mine == []
        else:
            assert set(np.concatenate(mine).tolist()) == set(range(len(sizes)))
            for clauses in mine:
                assert (np.diff(clauses) == 1).all()
                assert len(clauses) == 1 or sum(sizes[c] for c in clauses) <= WORDS
        clause_at += len(sizes)


@pytest.fixture(scope="module")
def classifier(scorer) -> NarrativeClassifier:
    return scorer.classifier


@pytest.mark.parametrize("text", [CALM + DANGER + " " + CALM, CALM * 3 + DANGER, DANGER + " " + CALM * 3])
def test_a_line_of_danger_weighs_more_than_in_the_average_of_the_whole(classifier, text: str) -> None:
    risk = FACTORS.index("immediate_risk")
    assert classifier.judge([text]).calibrated[0, risk] > classifier.heads_[risk].sigmoid_(
        _as_if_whole(classifier, text)[0, risk]
    )


def test_one_clause_of_danger_counts_as_if_it_stood_alone_less_the_margin(classifier) -> None:
    risk = FACTORS.index("immediate_risk")
    alone, in_a_long_one, in_a_short_one = classifier.judge([DANGER, CALM * 3 + DANGER, CALM + DANGER]).calibrated[
        :, risk
    ]
    assert in_a_long_one >= alone - CLAUSE_MARGIN - 1e-9
    assert in_a_short_one >= alone - CLAUSE_MARGIN - 1e-9


@pytest.mark.parametrize("text", [CALM * 2 + DANGER + " " + CALM, CALM * 2 + DANGER + " " + DANGER + CALM * 2, DANGER])
def test_the_words_that_were_believed_carry_the_logit(classifier, text: str) -> None:
    look = classifier._look(read([text]))
    logits, taken = classifier._believed(look)
    judged = classifier.judge([text])
    for k in range(1, len(FACTORS)):
        head, window = classifier.heads_[k], taken[0, k]
        words = len(judged.readings[0].words)
        margin = 0.0
        if window >= len(look.windows):
            words = int(look.found.clause_words[window - len(look.windows)])
            margin = CLAUSE_MARGIN / head.sigmoid_.slope
        elif window >= 0:
            inside = look.windows.clauses[look.windows.begins[window] : look.windows.begins[window + 1]]
            words = int(look.found.clause_words[inside].sum())
            margin = FACTOR_MARGIN / head.sigmoid_.slope
        constant = head.bias_ * (1 + head.clause_share_) + head.length_share_ * length_term(np.array([words]))[0]
        assert judged.weights_of(0)[:, k].sum() + constant - margin == pytest.approx(logits[0, k])


def _as_if_whole(classifier, text: str) -> np.ndarray:
    look = classifier._look(read([text]))
    return classifier._blended(look.whole.all, look.whole.strongest, np.diff(look.found.word_begins).astype(float))
