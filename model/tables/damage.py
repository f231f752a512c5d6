"""What Excel and Parquet share: libraries that raise whatever the damage of a file leads to."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from model.errors import DataError

T = TypeVar("T")


@contextmanager
def damage_said(what: str, advice: str = "") -> Iterator[None]:
    """Turn whatever is raised here into one error of ours: the file is damaged, or is not ``what``."""
    try:
        yield
    except Exception as error:
        # The library's own message may hold pieces of the file.
        detail = f"The file is damaged, or is not {what} ({type(error).__name__}). Export it again.{advice}"
        raise DataError("file-unreadable", detail) from None


def guarded(items: Iterable[T], what: str) -> Iterator[T]:
    """The same items, and the same of whatever is raised between them."""
    with damage_said(what):
        yield from items
