import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import AccessError
from service.line import Line


def test_one_more_than_there_are_places_is_refused_and_taken_once_one_is_free() -> None:
    line = Line(2)
    with line.place():
        with line.place():
            for refused in (line.check, line.place().__enter__):
                with pytest.raises(AccessError) as caught:
                    refused()
                assert caught.value.code == "overloaded"
        line.check()
    assert line.taken == 0


def test_a_long_narrative_takes_several_places_but_is_never_too_long_for_an_empty_line() -> None:
    line = Line(10)
    with line.place(4_200):
        assert line.taken == 5
        with pytest.raises(AccessError):
            line.place(5_000).__enter__()
        with line.place(4_000):
            assert line.taken == 10
    with line.place(20_000_000):
        assert line.taken == 10


def test_the_longest_leaves_places_to_the_other_turns() -> None:
    line = Line(10, at_once=2)
    with line.place(20_000_000), line.place(20_000_000):
        assert line.taken == 10


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30_000)), max_size=60), st.integers(1, 70), st.integers(1, 4))
def test_never_more_places_than_there_are_and_none_is_lost(
    steps: list[tuple[bool, int]], most: int, at_once: int
) -> None:
    line, held = Line(most, at_once), []
    for comes, characters in steps:
        if comes or not held:
            place = line.place(characters)
            try:
                place.__enter__()
            except AccessError:
                assert line.taken
            else:
                held.append(place)
        else:
            held.pop().__exit__(None, None, None)
        assert 0 <= line.taken <= most
    while held:
        held.pop().__exit__(None, None, None)
    assert line.taken == 0


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(coroutine)


def test_turns_come_in_the_order_of_asking_and_one_at_a_time() -> None:
    line, order = Line(20), list[int]()

    async def crowd() -> None:
        await asyncio.gather(*(line.aside(lambda number=number: order.append(number)) for number in range(10)))

    run(crowd())
    assert order == list(range(10))


def test_work_that_fails_gives_up_its_turn_and_its_place() -> None:
    line = Line(1)

    async def fail() -> None:
        with pytest.raises(ZeroDivisionError), line.place():
            await line.aside(lambda: 1 / 0)
        assert line.taken == 0
        assert await line.aside(lambda: 1) == 1

    run(fail())
