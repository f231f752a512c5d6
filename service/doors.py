"""What a route asks before it does anything: who is there, and may they do this."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from service.parts import parts_of
from service.person import Person, Right

_BEARER: Final = HTTPBearer(auto_error=False, description="A token from `signpost tokens create`, or of this start.")


def needs(right: Right | None) -> Callable[..., Awaitable[Person]]:
    """A dependency that gives the person who has this right (``None``: any token will do).

    All others are refused before any body is read.
    """

    async def person(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
    ) -> Person:
        token = credentials.credentials if credentials else None
        found = await parts_of(request).access.admit(token, address_of(request))
        if right is not None:
            found.must(right)
        return found

    return person


def address_of(request: Request) -> str:
    """Where a request came from, as far as the server believes it."""
    return request.client.host if request.client else "unknown"
