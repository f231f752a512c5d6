"""The page on which a second person reads, and a supervisor settles what two disagree about."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from model.errors import ReviewError
from service.desk import reading, second_opinion
from service.desk.decisions import Outcomes
from service.pages import forms
from service.pages.entrance import PageRoute, Visitor, visiting
from service.pages.forms import Faults
from service.pages.incident_view import show_opened
from service.pages.transactions import writing
from service.parts import parts_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Reviewer = Annotated[Visitor, Depends(visiting("review"))]


@router.get("/readings/{number:int}")
async def show_reading(request: Request, number: int, visitor: Reviewer) -> Response:
    """Read what somebody else decided, without their decision; or what two disagreed about, with both."""
    return await _page(request, visitor, number)


@router.post("/readings/{number:int}")
async def decide_reading(request: Request, number: int, visitor: Reviewer) -> Response:
    """Decide it."""
    fields = await forms.read_form(request, visitor)
    parts, now = parts_of(request), parts_of(request).now()
    choice, faults = forms.choice_of(fields)
    if faults:
        return await _page(request, visitor, number, 422, fields, faults)

    def work(session: Session) -> Outcomes:
        return second_opinion.read_again(
            session, visitor.person, number, choice, parts.settings, parts.destinations, now
        )

    try:
        decided = await writing(request, work)
    except ReviewError as error:
        if error.code == "reading-unknown":
            raise
        return await _page(request, visitor, number, 409, fields, forms.fault_of(error))
    await run_in_threadpool(parts.decided, decided)
    return RedirectResponse("/queue", 303)


async def _page(
    request: Request,
    visitor: Visitor,
    number: int,
    status: int = 200,
    fields: dict[str, str] | None = None,
    faults: Faults | None = None,
) -> Response:
    parts, now = parts_of(request), parts_of(request).now()

    def work(session: Session) -> reading.Seen:
        return reading.open_reading(session, visitor.person, number, parts.settings, now)

    return await show_opened(request, visitor, work, now, status, fields, faults)
