"""The audit finds what gives labels away, and leaves honest rows alone."""

import random

from model.labelled import LabelledNarrative
from training.audit import bound_ngrams, form, function_words, near_duplicates, privacy

WORDS = [
    "door",
    "chair",
    "lamp",
    "road",
    "field",
    "stone",
    "glass",
    "paper",
    "cloud",
    "river",
    "table",
    "bread",
    "spoon",
    "coat",
    "shelf",
    "brick",
]


def row(number: int, text: str, only: bool, author: str = "") -> LabelledNarrative:
    return LabelledNarrative.model_validate(
        {
            "id": f"r{number}", "text": text, "mental_health": True, "immediate_risk": not only, "crime": False,
            "police_duty": False, "difficulty": "clear", "register": "everyday", "style": "prose", "caller": "friend",
            "family": "f", "scenario": f"s{number}", "author": author or f"w{number % 6}", "round": 0,
        }
    )  # fmt: skip


def rows(text: "object" = None, number: int = 240) -> list[LabelledNarrative]:
    rng = random.Random(0)
    made = []
    for n in range(number):
        only = rng.random() < 0.5
        words = " ".join(rng.choice(WORDS) for _ in range(rng.randint(8, 20)))
        made.append(row(n, text(words, only) if callable(text) else words, only))
    return made


def test_form_that_tells_nothing_passes_and_length_that_tells_is_found() -> None:
    assert not form(rows()).broken
    assert form(rows(lambda words, only: words * (3 if only else 1))).broken
    assert form(rows(lambda words, only: words.upper() if only else words)).broken


def test_function_words_that_tell_are_found() -> None:
    assert not function_words(rows()).broken
    assert function_words(rows(lambda words, only: ("because of the " if only else "out over ") + words)).broken


def test_near_duplicates_are_found_across_writers_but_not_within_a_scenario() -> None:
    text = "a long enough text about a door and a chair and the lamp beside them that nobody had touched for days"
    twice = [row(1, text, True), row(2, text + " at all", False)]
    assert near_duplicates(twice).broken
    same = [twice[0], twice[1].model_copy(update={"scenario": twice[0].scenario})]
    assert not near_duplicates(same).broken


def test_a_writers_habit_is_found() -> None:
    made = [
        row(
            n,
            r.text + (" so it goes" if r.mental_health_only and r.author == "w0" else ""),
            r.mental_health_only,
            r.author,
        )
        for n, r in enumerate(rows(number=600))
    ]
    assert any("goes" in line for line in bound_ngrams(made).broken)


def test_what_could_be_somebodys_is_found_and_drama_numbers_are_not() -> None:
    good = [row(1, "ring 07700 900123 or 01632 960 456 at QX4 1AB", True)]
    assert not privacy(good).broken
    for text in ("ring 07912 345678", "ring 0161 234 5678", "at M1 4BT", "at SW1A 1AA", "mail jo@example.com"):
        assert privacy([row(1, text, True)]).broken, text
