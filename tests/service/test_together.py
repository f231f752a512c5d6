"""Single narratives that come at the same time are scored together, and each gets its own answer."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from model.narrative import Narrative
from model.score import Score
from service.together import Together

CALM = Narrative.of("Sister talking to the walls again.")
RISKY = Narrative.of("Caller says he has a knife.")
BROKEN = Narrative.of("This one cannot be read.")


def slow(kind: type[Any]) -> Any:
    """A scorer that begins its first work when it is let, and notes what it is given together."""

    class Slow(kind):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.let = threading.Event()
            self.given: list[list[Narrative]] = []

        def score(self, narrative: Narrative) -> Score:
            self.given.append([narrative])
            return self._answer(narrative)

        def score_many(self, narratives: list[Narrative]) -> list[Score]:
            self.given.append(list(narratives))
            return [self._answer(narrative) for narrative in narratives]

        def _answer(self, narrative: Narrative) -> Score:
            self.let.wait(timeout=10)
            if narrative is BROKEN:
                raise ValueError
            return super().score(narrative)  # type: ignore[no-any-return]

    return Slow()


@pytest.fixture
def slow_scorer(scorer: Any) -> Any:
    return slow(type(scorer))


@pytest.fixture
def other_scorer(scorer: Any) -> Any:
    return slow(type(scorer))


def together(
    first: tuple[Any, Narrative], others: list[tuple[Any, Narrative]], let: Callable[[], None]
) -> list[Score | BaseException]:
    """The answers when ``others`` come while the first is being scored."""

    async def run() -> list[Score | BaseException]:
        together = Together()
        asked: list[Awaitable[Score]] = [asyncio.create_task(together.score(*first))]
        while not first[0].given:
            await asyncio.sleep(0.001)
        asked += [asyncio.create_task(together.score(*other)) for other in others]
        await asyncio.sleep(0)
        let()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        together.close()
        return answers

    return asyncio.run(run())


def test_what_comes_while_one_is_scored_is_scored_together(slow_scorer: Any, scorer: Any) -> None:
    texts = [RISKY, CALM, RISKY]
    answers = together((slow_scorer, CALM), [(slow_scorer, text) for text in texts], slow_scorer.let.set)
    assert slow_scorer.given == [[CALM], texts]
    assert answers == [scorer.score(text) for text in [CALM, *texts]]


def test_a_narrative_that_breaks_costs_no_other(slow_scorer: Any, scorer: Any) -> None:
    others = [(slow_scorer, RISKY), (slow_scorer, BROKEN), (slow_scorer, CALM)]
    answers = together((slow_scorer, CALM), others, slow_scorer.let.set)
    assert isinstance(answers.pop(2), ValueError)
    assert answers == [scorer.score(text) for text in [CALM, RISKY, CALM]]


def test_narratives_of_two_models_are_not_mixed(slow_scorer: Any, other_scorer: Any) -> None:
    other_scorer.let.set()
    others = [(slow_scorer, RISKY), (slow_scorer, CALM), (other_scorer, RISKY), (other_scorer, CALM)]
    together((slow_scorer, CALM), others, slow_scorer.let.set)
    assert slow_scorer.given == [[CALM], [RISKY, CALM]]
    assert other_scorer.given == [[RISKY, CALM]]


def test_many_short_ones_do_not_wait_for_a_long_one(slow_scorer: Any) -> None:
    long = Narrative.of("again " * 3_000)
    texts = [CALM, RISKY, long, CALM]
    together((slow_scorer, CALM), [(slow_scorer, text) for text in texts], slow_scorer.let.set)
    assert slow_scorer.given == [[CALM], [CALM, RISKY], [long], [CALM]]


def test_whoever_goes_away_keeps_no_other_from_an_answer(slow_scorer: Any, scorer: Any) -> None:
    async def run() -> Score:
        together = Together()
        gone = asyncio.create_task(together.score(slow_scorer, CALM))
        while not slow_scorer.given:
            await asyncio.sleep(0.001)
        stays = asyncio.create_task(together.score(slow_scorer, RISKY))
        gone.cancel()
        await asyncio.sleep(0)
        slow_scorer.let.set()
        answer = await stays
        together.close()
        return answer

    assert asyncio.run(run()) == scorer.score(RISKY)
