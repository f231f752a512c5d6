"""Reasons are erased and compared with other words."""

import numpy as np

from model.narrative import Narrative
from model.scorer import Scorer
from training.corpus import NARRATIVES, read_corpus
from training.faithfulness import DRAWS, erase, faithfulness
from training.splits import read_splits


def test_erasing_takes_the_reasons_words_and_nothing_else(scorer: Scorer) -> None:
    text = "Mother of caller\nhears voices and has not slept since Tuesday, would like the crisis team to ring her back"
    score = scorer.score(Narrative.of(text))
    erased = erase(0, text, score, np.random.default_rng(0))
    assert erased is not None
    assert sorted((erased.without + " " + erased.alone).split()) == sorted(text.split())
    shown = {word for r in score.reasons for word in text[r.start : r.end].split()}
    assert {word.strip(",") for word in erased.alone.split()} >= {word.strip(",") for word in shown}
    assert len(erased.others_alone) == DRAWS
    assert all(len(drawn.split()) == len(erased.alone.split()) for drawn in erased.others_alone)


def test_a_text_that_is_all_reason_cannot_be_compared(scorer: Scorer) -> None:
    assert erase(0, "hears voices", scorer.score(Narrative.of("hears voices")), np.random.default_rng(0)) is None


def test_reasons_matter_more_than_other_words(scorer: Scorer) -> None:
    splits = read_splits()
    rows = [r for r in read_corpus([NARRATIVES]) if splits.part(r) == "calibration"][::12]
    figures = faithfulness(scorer, rows, 0)
    assert figures["erasure"]["narratives"] > 50
    assert all(bar["met"] for bar in figures["bars"])
