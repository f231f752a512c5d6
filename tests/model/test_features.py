"""What of a text the vocabulary has met."""

from model.classifier import read
from model.features import Featuriser


def test_known_words_in_no_known_order_are_unphrased() -> None:
    texts = ["the caller hears voices at night and wants the crisis team to ring her back"] * 2
    featuriser = Featuriser().fit(read(texts))
    as_met, shuffled = read([texts[0], "team voices the back caller wants night ring at her and hears to crisis the"])
    assert featuriser.unphrased(as_met) == 0.0
    assert featuriser.unphrased(shuffled) > 0.8


def test_a_single_word_has_no_phrasing_to_judge() -> None:
    featuriser = Featuriser().fit(read(["the caller hears voices"] * 2))
    assert featuriser.unphrased(read(["voices"])[0]) == 0.0
