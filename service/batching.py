"""Long batches, kept off the event loop and within bounds."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from model.errors import AccessError

T = TypeVar("T")


class Batches:
    """At most ``running`` batches are scored at once, each in a thread; ``waiting`` more may stand in line."""

    def __init__(self, running: int, waiting: int) -> None:
        self._places = running + waiting
        self._taken = 0
        self._threads = asyncio.Semaphore(running)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place in the line. Taken before the body is read, so that refused batches cost no memory.

        Raises:
            AccessError: ``overloaded``.
        """
        if self._taken >= self._places:
            raise AccessError("overloaded", "Too many batches are waiting. Send this one again in a few seconds.")
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def run(self, work: Callable[[], T]) -> T:
        """Do ``work`` in a thread as soon as one is free."""
        async with self._threads:
            return await asyncio.to_thread(work)
