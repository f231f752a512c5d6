"""Single narratives that come at the same time, scored together."""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final

from model.narrative import Narrative
from model.score import Score
from service.readiness import Scorer

_TOGETHER: Final = 32
"""Single narratives scored in one go: each costs a third of what it costs alone, and more would gain little."""

_CHARACTERS: Final = 10_000
"""What they may have together: a long one is not waited for by many."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    scorer: Scorer
    narrative: Narrative
    answer: "asyncio.Future[Score]"


class Together:
    """Single narratives, off the event loop, in the order they came; those that are here at the same time together.

    Much of what a score costs is the same for one narrative and for many. Nobody waits for others to come: what has
    come while the last ones were scored goes next. One thread scores, since threads of one process would take turns.
    """

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="singles")
        self._scoring: asyncio.Task[None] | None = None

    async def score(self, scorer: Scorer, narrative: Narrative) -> Score:
        """The score of a narrative. Raises whatever the scorer raises for it, and only for it."""
        waiting = _Waiting(scorer, narrative, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._scoring is None:
            # A task begins when those that are ready now have had their turn: they come along.
            self._scoring = asyncio.create_task(self._score_all())
        return await waiting.answer

    def close(self) -> None:
        """End the thread. Nobody may be waiting any more."""
        self._thread.shutdown()

    async def _score_all(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch = self._next()
                narratives = [waiting.narrative for waiting in batch]
                answers = await loop.run_in_executor(self._thread, _scores, batch[0].scorer, narratives)
                for waiting, answer in zip(batch, answers, strict=True):
                    _give(waiting.answer, answer)
        finally:
            self._scoring = None

    def _next(self) -> list[_Waiting]:
        """Those to score next: of one model, and not too much together; at least one."""
        first = self._waiting[0]
        characters = number = 0
        for waiting in islice(self._waiting, _TOGETHER):
            characters += len(waiting.narrative.text)
            if number and (waiting.scorer is not first.scorer or characters > _CHARACTERS):
                break
            number += 1
        return [self._waiting.popleft() for _ in range(number)]


def _scores(scorer: Scorer, narratives: list[Narrative]) -> Sequence[Score | Exception]:
    if len(narratives) > 1:
        # Whose an error is shows when each is scored alone.
        with suppress(Exception):
            return scorer.score_many(narratives)
    return [_score(scorer, narrative) for narrative in narratives]


def _score(scorer: Scorer, narrative: Narrative) -> Score | Exception:
    try:
        return scorer.score(narrative)
    except Exception as error:
        return error


def _give(answer: "asyncio.Future[Score]", score: Score | Exception) -> None:
    if answer.done():  # whoever asked has gone
        return
    if isinstance(score, Exception):
        answer.set_exception(score)
    else:
        answer.set_result(score)
