"""Text fit to score, and the way back to every character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import NarrativeError
from model.narrative import LONGEST, Narrative


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "text-missing"),
        (7, "text-not-a-string"),
        (2.5, "text-not-a-string"),
        (True, "text-not-a-string"),
        (["a"], "text-not-a-string"),
        ({"text": "a"}, "text-not-a-string"),
        (b"bytes", "text-not-a-string"),
        ("", "text-blank"),
        (" \t\n ", "text-blank"),
        ("\u200b\u200f\ufeff", "text-blank"),
        ("\x00\x00", "text-blank"),
        ("a" * (LONGEST + 1), "text-too-long"),
        ("a" * 1_000_000, "text-too-long"),
        ("half \ud800 a character", "text-not-utf8"),
    ],
)
def test_what_cannot_be_scored_says_why(value: object, code: str) -> None:
    with pytest.raises(NarrativeError) as caught:
        Narrative.of(value)
    assert caught.value.code == code


def test_no_error_repeats_the_text() -> None:
    with pytest.raises(NarrativeError) as caught:
        Narrative.of("secret " * 4000)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("given_text", "text"),
    [
        ("plain text", "plain text"),
        ("he can\u2019t cope", "he can't cope"),
        ("\u201cend it\u201d", '"end it"'),
        ("home\u2013no reply", "home - no reply"),
        ("kn\u200bife", "knife"),
        ("caf\u00e9", "cafe"),
        ("he can\u00e2\u20ac\u2122t cope", "he can't cope"),
        ("a\x00b", "a b"),
        ("one\r\ntwo", "one\n\ntwo"),
        ("\uff4b\uff4e\uff49\uff46\uff45", "knife"),
    ],
)
def test_cleaning(given_text: str, text: str) -> None:
    assert Narrative.of(given_text).text == text


def test_a_cleaned_word_is_found_again_in_the_text_as_given() -> None:
    narrative = Narrative.of("\u200bhas a kn\u200bife \u00e2\u20ac\u201c here")
    start = narrative.text.index("knife")
    assert narrative.given[slice(*narrative.span(start, start + 5))] == "kn\u200bife"


text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


@given(text)
def test_every_span_lies_inside_the_text_as_given_and_in_order(value: str) -> None:
    try:
        narrative = Narrative.of(value)
    except NarrativeError:
        return
    spans = [narrative.span(i, i + 1) for i in range(len(narrative.text))]
    assert all(0 <= start < end <= len(value) for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    assert narrative.given == value


@given(st.text(st.sampled_from("abc \n\t.,'-"), min_size=1).filter(str.strip))
def test_plain_text_is_left_as_it_is(value: str) -> None:
    narrative = Narrative.of(value)
    assert narrative.text == value
    assert narrative.span(0, 1) == (0, 1)
