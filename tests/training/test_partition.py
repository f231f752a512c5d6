"""Groups are never cut, time is kept, copies are taken out, and what was done is said."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import DataError
from model.labelled import LabelledNarrative
from training.intake import Example
from training.partition import Partition, partition

BASE = {
    "mental_health": True, "immediate_risk": False, "crime": False, "police_duty": False, "difficulty": "clear",
    "register": "everyday", "style": "prose", "caller": "x", "family": "x", "scenario": "x", "round": 0,
}  # fmt: skip


def example(number: int, text: str | None = None, day: date | None = None, **keys: str) -> Example:
    text = text or " ".join(f"word{number}x{k}" for k in range(12))
    row = LabelledNarrative.model_validate({**BASE, "id": f"r{number}", "text": text, "author": "x"})
    return Example(row, keys, day)


def parts_of(split: Partition) -> dict[int, str]:
    named = {"training": split.training, "calibration": split.calibration, "held": split.held}
    return {i: name for name, places in named.items() for i in places}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90), st.integers(0, 30)), min_size=40, max_size=60),
       st.integers(0, 5))  # fmt: skip
def test_no_key_that_is_kept_stands_on_two_sides(keys: list[tuple[int, int, int]], seed: int) -> None:
    examples = [example(n, person=f"p{a}", incident=f"i{b}", author=f"a{c}") for n, (a, b, c) in enumerate(keys)]
    try:
        split = partition(examples, seed)
    except DataError:
        return  # everything hangs together: refused, as it must be
    part = parts_of(split)
    assert sorted([*part, *split.duplicates]) == list(range(len(examples)))
    for key in ("person", "incident", "author"):
        if any(f"only their {key}" in words for words in split.words):
            continue
        sides: dict[str, set[str]] = {}
        for i, name in part.items():
            sides.setdefault(examples[i].keys[key], set()).add(name)
        assert all(len(names) == 1 for names in sides.values())


def test_dated_rows_are_tested_on_the_newest() -> None:
    start = date(2026, 1, 1)
    examples = [example(n, day=start + timedelta(days=n)) for n in range(100)]
    split = partition(examples)
    days: Callable[[list[int]], list[date]] = lambda places: [examples[i].day or start for i in places]  # noqa: E731
    assert split.by_time
    assert max(days(split.training)) < min(days(split.calibration))
    assert max(days(split.calibration)) < min(days(split.held))
    assert (len(split.held), len(split.calibration)) == (20, 20)


def test_near_copies_of_what_judges_are_taken_out_and_counted() -> None:
    examples = [example(n) for n in range(60)]
    held = partition(examples).held[0]
    copy = example(1000, text=examples[held].narrative.text + " indeed")
    split = partition([*examples, copy])
    part = parts_of(split)
    assert (part.get(held) == "held" and 60 not in part) or part.get(60) == "held"
    assert any("near-duplicates" in words for words in split.words)


def test_few_authors_are_given_up_as_a_key_and_it_is_said() -> None:
    split = partition([example(n, author=f"a{n % 2}") for n in range(60)])
    assert any("only their author" in words for words in split.words)
    assert split.training and split.calibration and split.held


def test_too_few_groups_are_refused_in_words() -> None:
    with pytest.raises(DataError, match="3 groups"):
        partition([example(n, person=f"p{n % 3}") for n in range(60)])


def test_the_same_seed_gives_the_same_parts_and_another_gives_others() -> None:
    examples = [example(n, author=f"a{n % 20}") for n in range(100)]
    assert partition(examples, 1) == partition(examples, 1)
    assert partition(examples, 1).held != partition(examples, 2).held
