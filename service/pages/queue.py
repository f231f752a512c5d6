"""The queue's page: who is next, what this person just decided, which hand-overs to ask after."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.desk import handovers, news, queue, review
from service.desk.decisions import Outcomes
from service.pages import entrance, forms
from service.pages.entrance import PageRoute, Visitor, visiting
from service.pages.render import page_of
from service.pages.transactions import reading, writing
from service.parts import parts_of
from service.problems import RequestError
from service.record import audit

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Reviewer = Annotated[Visitor, Depends(visiting("review"))]


@dataclass(frozen=True, slots=True)
class _Found:
    queue: queue.Page
    seen: int
    offers: tuple[handovers.Waiting, ...]
    undoable: Outcomes | None


@router.get("/queue")
async def show_queue(request: Request, visitor: Reviewer, start: int = 0) -> Response:
    """Up to 50 incidents from ``start`` on."""
    return await _page(request, visitor, start)


@router.post("/queue")
async def act(request: Request, visitor: Reviewer) -> Response:
    """Take the next incident, or take back what was just decided."""
    fields = await forms.read_form(request, visitor)
    settings, now = parts_of(request).settings, parts_of(request).now()
    if fields.get("act") == "undo":
        reference = fields.get("reference", "")
        await writing(request, lambda session: review.undo(session, visitor.person, reference, settings, now))
        return RedirectResponse(page_of(reference), 303)
    taken = await writing(request, lambda session: queue.take_next(session, visitor.person, settings, now))
    if taken is None:
        return await _page(request, visitor, notice="Nothing is waiting that nobody else has open.")
    return RedirectResponse(page_of(taken), 303)


@router.get("/queue/news")
async def show_news(
    request: Request, visitor: Reviewer, seen: int, at: datetime, reference: str | None = None
) -> Response:
    """What an open page has not heard of yet: references, versions, and where they stand. Never a word of a log."""
    since, now = _in_utc(at), parts_of(request).now()
    heard = await reading(request, lambda session: news.since(session, seen, since, now, reference))
    return Response(orjson.dumps(heard, option=orjson.OPT_UTC_Z), media_type="application/json")


async def _page(request: Request, visitor: Visitor, start: int = 0, notice: str = "") -> Response:
    parts, now = parts_of(request), parts_of(request).now()
    first = min(max(start, 0), queue.FURTHEST)

    def work(session: Session) -> _Found:
        seen = audit.head(session).entries  # before the queue is read: what comes in between is news
        return _Found(
            queue.page(session, visitor.person, parts.settings, now, first),
            seen,
            handovers.waiting(session, now),
            review.can_undo(session, visitor.person, parts.settings, now),
        )

    found = await reading(request, work)
    names = parts.destinations.names()
    return entrance.show(request, "queue.html", 200, visitor, found=found, notice=notice, names=names, step=queue.PAGE)


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:  # at the ends of the calendar
        raise RequestError("field-invalid", "`at` is no time that any clock has shown.", "at") from None
