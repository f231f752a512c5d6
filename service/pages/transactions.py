"""The desk's work, off the event loop: one transaction in a thread of its own."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from service.parts import parts_of

T = TypeVar("T")


async def writing(request: Request, work: Callable[[Session], T]) -> T:
    """Do ``work`` in a transaction that writes, all of it or nothing."""
    store = parts_of(request).store

    def inside() -> T:
        with store.writing() as session:
            return work(session)

    return await run_in_threadpool(inside)


async def reading(request: Request, work: Callable[[Session], T]) -> T:
    """Do ``work`` in a transaction that only reads."""
    store = parts_of(request).store

    def inside() -> T:
        with store.reading() as session:
            return work(session)

    return await run_in_threadpool(inside)
