"""What the reader gets to see of a narrative."""

import pytest

from model.classifier import read
from model.reader.words import worded


def seen(text: str) -> list[str]:
    return [" ".join(words) for words in worded(read([text])[0], text)]


def test_shorthand_is_written_out_and_clauses_are_kept() -> None:
    assert seen("hx of MH. nil wpns") == ["history of mental health .", "nil weapons"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("She has locked her son in", "He has locked his daughter in"),
        ("Black male crying at the bus stop", "White female crying at the bus stop"),
        ("M 34 not slept", "M 52 not slept"),
        ("Her husband, 41, is crying", "Her husband, 58, is crying"),
        ("She is 70 and unwell", "She is 91 and unwell"),
        ("27yo female", "44yo female"),
        ("My friend Marek is unwell", "My friend Peter is unwell"),
        ("Muslim woman will not open the door", "Christian man will not open the door"),
    ],
)
def test_who_somebody_is_makes_no_difference(one: str, other: str) -> None:
    assert seen(one) == seen(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("F 15 not slept", "F 34 not slept"),
        ("His mother, 58, is crying", "His mother, 82, is crying"),
        ("Took 40 tablets", "Took 20 tablets"),
        ("Her mum 20 minutes away", "Her mum 40 minutes away"),
    ],
)
def test_childhood_old_age_and_numbers_of_things_are_seen(one: str, other: str) -> None:
    assert seen(one) != seen(other)


def test_how_many_is_seen_and_where_a_sentence_ends() -> None:
    assert seen("Took 40 tablets? Yes, all of them!") == ["took 40 tablets ?", "yes , all of them !"]


def test_masked_names_are_somebody_and_a_line_is_a_sentence() -> None:
    assert seen("[NAME1] will not eat\ncalm now") == ["someone will not eat .", "calm now"]


def test_the_newest_entry_of_a_log_is_named() -> None:
    first, *_, last = seen("09:10 male on the bridge\n09:25 male gone home, calm")
    assert first.startswith("entry :")
    assert last.startswith("latest entry :")


def test_every_clause_has_its_words_even_when_none_can_be_read() -> None:
    reading = read(["!!! ... ???"])[0]
    assert [len(words) for words in worded(reading, "!!! ... ???")] == [0] * len(reading.clauses)
