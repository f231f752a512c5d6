"""Misspelt and disguised words are read as what they are; words are left alone."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.classifier import read
from model.narrative import Narrative


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a knfie", ["a", "knife"]),
        ("a kn1f3", ["a", "knife"]),
        ("a kn*fe", ["a", "knife"]),
        ("a k n i f e there", ["a", "knife", "there"]),
        ("a k.n.i.f.e there", ["a", "knife", "there"]),
        ("a k-n-i-f-e there", ["a", "knife", "there"]),
        ("withknife", ["with", "knife"]),
        ("a kn\u0456f\u0435", ["a", "knife"]),  # Cyrillic
        ("a kn\u200bife", ["a", "knife"]),
        ("SHOPING", ["shopping"]),  # a letter left out comes before a letter mistaken
    ],
)
def test_a_word_in_disguise_is_read_as_the_word(text: str, words: list[str]) -> None:
    assert read([text])[0].words == words


@pytest.mark.parametrize(
    "text", ["scabbed", "raving", "sworn", "clash", "sauce", "W1A", "4x4", "PC1234", "A.B.C", "Sharpe"]
)
def test_what_is_a_word_or_a_name_or_a_code_is_left_alone(text: str) -> None:
    assert "".join(read([text])[0].words) == text.lower().replace(".", "")


@given(st.text(alphabet="abk nife.*-1_ \n,", max_size=60))
def test_every_word_keeps_a_place_in_the_text_in_order(text: str) -> None:
    if not text.strip():
        return
    narrative = Narrative.of(text)
    reading = read([narrative])[0]
    assert len(reading.words) == len(reading.spans) == len(reading.tokens) == len(reading.assertions)
    assert all(0 <= start < end <= len(narrative.text) for start, end in reading.spans)
    assert reading.spans == sorted(reading.spans)
    assert all(one[1] <= other[0] for one, other in pairwise(dict.fromkeys(reading.spans)))
