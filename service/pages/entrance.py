"""Who is in front of the page: the cookie, what its holder may do, and a page for whoever may not."""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from model.errors import AccessError, SignpostError
from service.access import form_proof
from service.desk import samples
from service.doors import address_of
from service.logs import outline
from service.pages.clock import Clock
from service.pages.render import page
from service.parts import Parts, parts_of
from service.person import Person, Right
from service.problems import invalid_parameter, status_and_title

_LOG: Final = logging.getLogger("signpost.service")
_SHORTCUTS: Final = "signpost-shortcuts"
_YEAR: Final = 365 * 24 * 3600
_STRANGERS: Final = frozenset({"token-missing", "token-wrong", "too-many-requests"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person at a browser. ``samples``: the store that they look at holds sample incidents."""

    person: Person
    cookie: str
    shortcuts: bool
    samples: bool


class PageRoute(APIRoute):
    """A route that answers people: what goes wrong becomes a page, with the same codes and statuses as for machines."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with a page for every failure."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except SignpostError as error:
                return await failed(request, error)
            except RequestValidationError as error:
                return await failed(request, invalid_parameter(error))
            except (HTTPException, ClientDisconnect):
                raise
            except Exception as error:
                _LOG.error("unforeseen on a page\n%s", outline(error))
                return await failed(request, SignpostError("internal-error", "Load the page again before you go on."))

        return handled


def visiting(right: Right | None) -> Callable[[Request], Awaitable[Visitor]]:
    """A dependency that gives the visitor who has this right; ``None``: anybody who was let in.

    Raises:
        AccessError: ``token-missing`` or ``role-missing``.
    """

    async def visitor(request: Request) -> Visitor:
        found = await visitor_of(request)
        if found is None:
            raise AccessError("token-missing", "This browser has not been let in.")
        if right is not None:
            found.person.must(right)
        return found

    return visitor


async def visitor_of(request: Request) -> Visitor | None:
    """Who is behind the browser's cookie, if anybody."""
    parts = parts_of(request)
    cookie = request.cookies.get(cookie_name(parts))
    person = await parts.access.person_of(cookie)
    if person is None or cookie is None:
        return None
    sampled = await run_in_threadpool(_samples, parts)
    return Visitor(person, cookie, request.cookies.get(_SHORTCUTS) != "off", sampled)


async def let_in(request: Request, token: str) -> Response:
    """Swap a token for a cookie, and go at once to an address without it.

    Raises:
        AccessError: as ``Access.admit``.
    """
    parts = parts_of(request)
    address = address_of(request)
    cookie = await parts.access.let_in(token, address)
    person = await parts.access.admit(token, address)
    response = RedirectResponse(_first_page(person, parts), 303)
    response.set_cookie(cookie_name(parts), cookie, httponly=True, samesite="strict", secure=parts.settings.behind_tls)
    return response


async def let_out(request: Request, visitor: Visitor) -> Response:
    """End the sitting, here and in the store."""
    parts = parts_of(request)
    await parts.access.let_out(visitor.cookie)
    response = show(request, "closed.html", 200, None, wrong=False, left=True)
    response.delete_cookie(cookie_name(parts), httponly=True, samesite="strict", secure=parts.settings.behind_tls)
    return response


def remember_shortcuts(request: Request, response: Response, *, on: bool) -> None:
    """Keep in the browser whether single keys do anything."""
    value, secure = "on" if on else "off", parts_of(request).settings.behind_tls
    response.set_cookie(_SHORTCUTS, value, _YEAR, httponly=True, samesite="strict", secure=secure)


def show(request: Request, template: str, status: int, visitor: Visitor | None, **values: Any) -> Response:
    """A page with what every page needs: the visitor, the form's proof, the clock."""
    settings = parts_of(request).settings
    return page(
        template,
        status,
        visitor=visitor,
        proof=form_proof(visitor.cookie) if visitor else "",
        clock=Clock(parts_of(request).now(), settings.timezone),
        here=request.url.path,
        poll=settings.poll_seconds,
        **values,
    )


async def failed(request: Request, error: SignpostError) -> Response:
    """The page about an error: for strangers how to get in, for others what is wrong and where to go."""
    parts_of(request).metrics.count_error(error.code)
    status, title = status_and_title(error)
    if isinstance(error, AccessError) and error.code in _STRANGERS:
        response = show(request, "closed.html", status, None, wrong=error.code == "token-wrong", left=False)
        if status == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="signpost"'
        return response
    broken = status >= 500
    visitor = None if broken else await visitor_of(request)  # what failed may be what knows the visitor
    return show(request, "problem.html", status, visitor, title=title, detail=error.detail, unsure=broken)


def cookie_name(parts: Parts) -> str:
    """Browsers do not keep cookies of different ports apart: two services on one machine would log each other out."""
    return f"signpost-{parts.settings.port}"


def _first_page(person: Person, parts: Parts) -> str:
    if person.may("review") and (person.role != "administrator" or parts.settings.demo):
        return "/queue"
    return "/" if person.may("score") else "/record"


def _samples(parts: Parts) -> bool:
    with parts.store.reading() as session:
        return samples.present(session)
