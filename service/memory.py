"""What the process keeps of the memory that it no longer needs: asked of glibc, and of nothing where it is not there.

A thread that allocates gets an arena of its own, and what was free in it stays with the process: models loaded by one
thread after another left 200 MB behind in half an hour.
"""

import ctypes
from contextlib import suppress
from typing import Final

_M_ARENA_MAX: Final = -8  # malloc.h
_ARENAS: Final = 2
"""Threads take turns at the interpreter, so that they seldom wait for each other here."""


def few_arenas() -> None:
    """From now on threads share a few arenas. Before any of them begins."""
    _ask("mallopt", _M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Hand free memory back to the system: after a model has gone."""
    _ask("malloc_trim", 0)


def _ask(function: str, *arguments: int) -> None:
    with suppress(OSError, AttributeError, TypeError):
        getattr(ctypes.CDLL(None), function)(*arguments)
