"""What of a text the vocabulary has met."""

from hypothesis import given
from hypothesis import strategies as st

from model.classifier import read
from model.features import Featuriser

_KNOWN = ("the caller hears voices", "he's not breathing, she says", "no knife seen; her dad has one", "risk to self")


def test_known_words_in_no_known_order_are_unphrased() -> None:
    texts = ["the caller hears voices at night and wants the crisis team to ring her back"] * 2
    featuriser = Featuriser().fit(read(texts))
    shuffled = "team voices the back caller wants night ring at her and hears to crisis the"
    found = featuriser.occurrences(read([texts[0], shuffled]))
    assert found.unphrased[0] == 0.0
    assert found.unphrased[1] > 0.8


def test_a_single_word_has_no_phrasing_to_judge() -> None:
    featuriser = Featuriser().fit(read(["the caller hears voices"] * 2))
    assert featuriser.occurrences(read(["voices"])).unphrased[0] == 0.0


def test_words_never_met_are_unknown_and_made_neutral_ones_do_not_count() -> None:
    featuriser = Featuriser().fit(read(["the caller hears voices"] * 2))
    found = featuriser.occurrences(read(["voices zxqv", "1234 567", "hears voices"]))
    assert found.unknown.tolist() == [0.5, 1.0, 0.0]


@given(st.lists(st.sampled_from([w for text in _KNOWN for w in text.split()] + ["zxqv", ".", ",", "12"]), max_size=30))
def test_a_batch_finds_the_features_that_were_learned_each_as_often_as_it_occurs(words: list[str]) -> None:
    featuriser = Featuriser(minimum=1).fit(read(_KNOWN))
    reading = read([" ".join(["caller", *words])])[0]
    expected = [c for name in featuriser._names(reading) if (c := featuriser.vocabulary_.get(name)) is not None]
    found = featuriser.occurrences([reading])
    assert sorted(found.column.tolist()) == sorted(expected)
