"""The pipeline on control-room text: tokens, words, clauses, entries, cues and assertions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language

from model.language import build, register
from model.narrative import Narrative
from model.reading import Reading


@pytest.fixture(scope="module")
def nlp() -> Language:
    return build()


def read(nlp: Language, text: str) -> Reading:
    return nlp(Narrative.of(text).text)._.reading


def clauses(nlp: Language, text: str) -> list[str]:
    reading = read(nlp, text)
    return [" ".join(reading.words[c.start : c.end]) for c in reading.clauses]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("O/D last night", ["overdose", "last", "night"]),
        ("taken to A&E.", ["taken", "to", "emergency", "department"]),
        ("M 27YO", ["male", "<num>", "years", "old"]),
        ("27 y/o", ["<num>", "years", "old"]),
        ("15 y/o", ["<minor>", "years", "old"]),
        ("in march 2021", ["in", "march", "<year>"]),
        ("seen at 2021", ["seen", "at", "<num>"]),
        ("F 15 took 15 pills", ["female", "<minor>", "took", "<num>", "pills"]),
        ("s136 suite", ["section", "136", "suite"]),
        ("XXXXX says [name] left", ["<name>", "says", "<name>", "left"]),
        ("SHOUTING", ["shouting"]),
        ("at the door.Says no", ["at", "the", "door", "says", "no"]),
        ("call 07700 900123", ["call", "<num>", "<num>"]),
        ("call 07700900123", ["call", "<phone>"]),
        ("pleeeease", ["please"]),
        ("self-harm", ["self", "harm"]),
        ("seen at 19:40", ["seen", "at", "<time>"]),
        ("knife,blade/axe", ["knife", "blade", "axe"]),
    ],
)
def test_words(nlp: Language, text: str, words: list[str]) -> None:
    assert read(nlp, text).words == words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("door open - nobody in", ["door open", "nobody in"]),
        ("door open -nobody in", ["door open", "nobody in"]),
        ("door open / nobody in", ["door open", "nobody in"]),
        ("door open\nnobody in", ["door open", "nobody in"]),
        ("Door open. Nobody in", ["door open", "nobody in"]),
        ("Mr J. Smith rang", ["mr j smith rang"]),
        ("he is calm and fed but she is not", ["he is calm and fed", "but she is not"]),
        ("1910 door open\n1916 nobody in", ["door open", "nobody in"]),
    ],
)
def test_clauses(nlp: Language, text: str, expected: list[str]) -> None:
    assert clauses(nlp, text) == expected


def test_long_runs_without_punctuation_are_cut(nlp: Language) -> None:
    parts = clauses(nlp, "and he went on and on about the shop and the bus and the rain " * 6)
    assert max(len(p.split()) for p in parts) <= 32


def test_entries_number_the_clauses_and_the_newest_is_known(nlp: Language) -> None:
    reading = read(nlp, "rang in\n1910 door open\n1916 nobody in")
    assert [c.entry for c in reading.clauses] == [0, 1, 2]
    assert (reading.entries, reading.newest) == (2, 2)
    down = read(nlp, "1930 seen well\n1920 not seen\n1910 rang")
    assert down.newest == 1


@pytest.mark.parametrize("text", ["!!!", "😀", "- / -", "1910\n1916"])
def test_text_without_words_has_one_empty_clause(nlp: Language, text: str) -> None:
    reading = read(nlp, text)
    assert len(reading.clauses) >= 1


def test_those_who_know_spacy_find_what_they_expect(nlp: Language) -> None:
    doc = nlp("Overdose taken - denies intent")
    assert [span.text for span in doc._.clauses] == ["Overdose taken", "denies intent"]
    assert {span._.assertion for span in doc._.cues} <= {
        "present", "negated", "historical", "conditional", "other_person"
    }  # fmt: skip
    assert nlp.pipe_names == ["signpost_clauses", "signpost_cues", "signpost_assertion"]


def test_registering_twice_changes_nothing() -> None:
    register()
    register()


alphabet = st.one_of(
    st.sampled_from(
        ["\n", " - ", "/", " ", ".", ",", "1910 ", "0010 ", "O/D", "s136", "[name]", "XXXX", "knife", "no ", "â€™"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)


@given(st.lists(alphabet, min_size=1, max_size=40).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_and_every_word_has_its_place(text: str) -> None:
    try:
        narrative = Narrative.of(text)
    except Exception:
        return
    nlp = _shared()
    reading = nlp(narrative.text)._.reading
    count = len(reading.words)
    assert len(reading.stems) == len(reading.tokens) == len(reading.spans) == len(reading.assertions) == count
    assert all(0 <= start < end <= len(narrative.text) for start, end in reading.spans)
    covered = [i for c in reading.clauses for i in range(c.start, c.end)]
    assert covered == list(range(count))
    assert all(0 <= c.start < c.end <= count for c in reading.cues)


def _shared() -> Language:
    from model.classifier import language

    return language()


@pytest.mark.parametrize("run", [".", ".,", "....!!!!", "*,", "word.-"])
def test_an_unbroken_run_is_read_in_pieces_and_every_word_keeps_its_place(nlp: Language, run: str) -> None:
    text = f"he said {run * 300} then left"
    assert nlp(text).text == text
    reading = read(nlp, text)
    assert [text[start:end] for start, end in reading.spans][-2:] == ["then", "left"]
