"""The phrase language of the lexicon."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import LexiconError
from model.phrases import PhraseIndex, compile_phrase, stem

CLASSES = {"tablets": ["tablets", "pills"]}


def found(source: str, text: str) -> list[str]:
    words = text.split()
    index = PhraseIndex([compile_phrase(source, "x", CLASSES)])
    matches = index.matches(words, [stem(w) for w in words], 0, len(words))
    return [" ".join(words[m.start : m.end]) for m in matches]


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("no reply", "there is no reply at the door", ["no reply"]),
        ("threaten~", "he threatened and threatens", ["threatened", "threatens"]),
        ("took|taken .. @tablets", "she took all her pills", ["took all her pills"]),
        ("took|taken .. @tablets", "she took the bus to get her old pills", []),
        ("has a? @tablets", "has tablets and has a pills", ["has tablets", "has a pills"]),
        ("cut~ her|his wrists|arm", "cutting her arm", ["cutting her arm"]),
        ("going to .. jump", "going to", []),
        ("jump .. bridge", "jump bridge", ["jump bridge"]),
    ],
)
def test_matching(source: str, text: str, expected: list[str]) -> None:
    assert found(source, text) == expected


@pytest.mark.parametrize("source", ["", "..", "a? b", "a b?", "a ..", "@nothing x", "Upper case", "a||b"])
def test_a_phrase_that_does_not_parse_is_refused_by_name(source: str) -> None:
    with pytest.raises(LexiconError) as caught:
        compile_phrase(source, "x", CLASSES)
    assert caught.value.code == "lexicon-invalid"


def test_a_match_stays_inside_its_bounds() -> None:
    words = ["no", "reply"]
    index = PhraseIndex([compile_phrase("no reply", "x", {})])
    assert index.matches(words, words, 0, 1) == []


@given(st.text("ab~|@?. ", max_size=30))
def test_any_phrase_compiles_or_is_refused(source: str) -> None:
    try:
        compile_phrase(source, "x", {"a": ["a"]})
    except LexiconError:
        return
