"""Danger does not average out: heads learn it with calm round it, and one clause is believed by a margin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.classifier import NarrativeClassifier, read
from model.factors import FACTORS
from model.heads import CLAUSE_MARGIN, LONG_MARGIN, clause_margin
from model.padding import CALM as CALM_WORDS
from model.padding import MOST, SHORT, padded

CALM = (
    "Caller rings most weeks and likes a chat. The voices are quieter since the new tablets and she slept well. "
    "Her support worker is coming tomorrow. She has eaten and the neighbour looks in on her. "
    "Just wants the number for the community mental health team. "
)
DANGER = "He is holding a knife to her throat and says he will kill her."


TEXTS = st.lists(st.integers(1, 150).map(lambda n: " ".join(["word"] * n)), min_size=1, max_size=40)


@given(TEXTS, st.integers(0, 1000), st.data())
def test_padded_texts_keep_their_own_police_factors_and_take_calm_from_their_own_group_alone(
    texts: list[str], seed: int, data: st.DataObject
) -> None:
    texts = [f"{number} {text}" for number, text in enumerate(texts)]
    size = len(texts)
    labels = np.array(data.draw(st.lists(st.tuples(*[st.booleans()] * 4), min_size=size, max_size=size)), dtype=bool)
    group = np.array(data.draw(st.lists(st.integers(0, 2), min_size=size, max_size=size)))
    found = padded(texts, labels.reshape(size, 4), group, seed)
    assert len(found.texts) == len(found.labels) == len(found.group)
    for text, label, number in zip(found.texts, found.labels, found.group, strict=True):
        parts = [int(word) for word in text.split() if word != "word"]
        assert 2 <= len(parts) <= 1 + MOST
        assert all(group[part] == number for part in parts)
        ill = any(labels[part, 0] for part in parts)
        need_police = [part for part in parts if labels[part, 1:].any()]
        assert len(need_police) <= 1
        assert label[0] == ill
        own = labels[need_police[0], 1:] if need_police else np.zeros(3, dtype=bool)
        assert label[1:].tolist() == own.tolist()
        assert all(
            len(texts[part].split()) <= (SHORT if part in need_police else max(SHORT, CALM_WORDS)) for part in parts
        )


def test_padding_is_the_same_for_the_same_seed() -> None:
    texts = [f"call number {n}" for n in range(60)]
    labels = np.arange(240).reshape(60, 4) % 7 == 0
    group = np.arange(60) % 3
    assert padded(texts, labels, group).texts == padded(texts, labels, group).texts
    assert len(padded(texts, labels, group).texts) > 0


@pytest.fixture(scope="module")
def classifier(scorer) -> NarrativeClassifier:
    return scorer.classifier


@pytest.mark.parametrize("text", [CALM + DANGER + " " + CALM, CALM * 3 + DANGER, DANGER + " " + CALM * 3])
def test_a_line_of_danger_is_risk_wherever_it_stands_in_calm(classifier, text: str) -> None:
    risk = FACTORS.index("immediate_risk")
    calm, danger = classifier.predict_proba([CALM * 4, text])[:, risk]
    assert calm < 0.1
    assert danger > 0.5


def test_one_clause_of_danger_counts_as_if_it_stood_alone_less_the_margin(classifier) -> None:
    risk = FACTORS.index("immediate_risk")
    alone, in_a_long_one, in_a_short_one = classifier.judge([DANGER, CALM * 3 + DANGER, CALM + DANGER]).calibrated[
        :, risk
    ]
    assert in_a_long_one >= alone - LONG_MARGIN - 1e-9
    assert in_a_short_one >= alone - CLAUSE_MARGIN - 1e-9


@pytest.mark.parametrize("text", [CALM * 2 + DANGER + " " + CALM, CALM * 2 + DANGER + " " + DANGER + CALM * 2, DANGER])
def test_the_words_that_were_believed_carry_the_logit(classifier, text: str) -> None:
    look = classifier._look(read([text]))
    logits, alone = classifier._believed(look)
    judged = classifier.judge([text])
    for k in range(1, len(FACTORS)):
        head = classifier.heads_[k]
        words = np.array([len(judged.readings[0].words)])
        margin = clause_margin(words)[0] / head.sigmoid_.slope if alone[0, k] else 0.0
        constant = head.bias_ * (1 + head.clause_share_)
        assert judged.weights_of(0)[:, k].sum() + constant - margin == pytest.approx(logits[0, k])
