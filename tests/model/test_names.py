"""Names are read as somebody, whoever is meant, and danger is not hidden by a capital."""

import pytest

from model.classifier import read


def words(text: str) -> str:
    return " ".join(read([text])[0].words)


@pytest.mark.parametrize(
    "text",
    [
        "{} rang in tears",
        "Caller is {}, not slept",
        "My brother {} is unwell again",
        "Mr {} will not open the door",
        "Says that {}'s tablets ran out",
        "HUSBAND {} CRYING",
    ],
)
@pytest.mark.parametrize("name", ["Marek", "Peter", "Amit", "Siobhan", "Zhang Min", "Kwame"])
def test_one_name_is_read_as_another(text: str, name: str) -> None:
    if text.isupper():
        name = name.upper().split()[0]
    assert words(text.format(name)) == words(text.format("PAULA" if text.isupper() else "Paula"))
    assert "<name>" in words(text.format(name))


@pytest.mark.parametrize("name", ["Petrov", "O'Brien", "McCarthy", "Green", "Oyelaran-Smith"])
def test_a_title_tells_a_surname_whatever_word_it_is(name: str) -> None:
    assert words(f"Neighbour says Mr {name} is shouting") == words("Neighbour says Mr Kowalski is shouting")


@pytest.mark.parametrize(
    "text", ["Callum Harker is crying", "Callum Petrov is crying", "the nurse is with PC Harker now"]
)
def test_given_name_and_surname_are_one_somebody(text: str) -> None:
    assert words(text).count("<name>") == 1


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("He has a Knfie", "he has a knife"),
        ("Knfie in his hand", "knife in his hand"),
        ("Said he would. On Monday", "said he would on monday"),
        ("SAYS MARK ON HER ARM", "says mark on her arm"),
        ("I've rung the CMHT", "i have rung the community mental health team"),
        ("mark will not eat", "mark will not eat"),
    ],
)
def test_words_and_slips_are_no_names(text: str, read_as: str) -> None:
    assert words(text) == read_as


def test_a_text_all_in_capitals_is_not_full_of_names() -> None:
    assert "<name>" not in words("Every Word Begins With A Capital Qwertyish")


def test_a_name_that_is_a_slip_is_no_danger() -> None:
    assert "petrol" in words("has Petrol"), "the word itself is read"
    assert "petrol" not in words("Callum Petrov rang")
