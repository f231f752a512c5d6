"""Standing in line to be scored: so many and no more, the others are told at once to come again.

Without a line the event loop is one, without an end: whoever comes last waits for all the others, health among them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread

from model.errors import AccessError

T = TypeVar("T")

_CHARACTERS: Final = 1000
"""What takes as long to read as all that every narrative costs, whatever its length (measured, docs/hardness)."""


class Line:
    """At most ``most`` places, for those whose turn it is and those who wait; ``at_once`` have their turn together.

    A promise about time, kept without a clock: who gets a place waits at most as long as ``most / at_once`` ordinary
    narratives take, on any machine. A long narrative takes several places, but leaves others a turn of their own.
    """

    def __init__(self, most: int, at_once: int = 1) -> None:
        self._most = most
        self._largest = max(most // at_once, 1)
        self._taken = 0
        self._turns = CapacityLimiter(at_once)

    @property
    def taken(self) -> int:
        """Places that are taken."""
        return self._taken

    def check(self) -> None:
        """Before anything is read of a request that could not have a place anyway.

        Raises:
            AccessError: ``overloaded``.
        """
        self._room_for(1)

    @contextmanager
    def place(self, characters: int = 0) -> Iterator[None]:
        """Hold a place, or several for so many characters.

        Raises:
            AccessError: ``overloaded``.
        """
        wanted = min(1 + characters // _CHARACTERS, self._largest)
        self._room_for(wanted)
        self._taken += wanted
        try:
            yield
        finally:
            self._taken -= wanted

    async def aside(self, work: Callable[[], T]) -> T:
        """Do long ``work`` in a thread when it is its turn."""
        return await to_thread.run_sync(work, limiter=self._turns)

    def _room_for(self, wanted: int) -> None:
        if self._taken + wanted > self._most:
            raise AccessError("overloaded", "Too much is waiting to be scored. Nothing was kept: send it again.")
