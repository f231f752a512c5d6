"""The page of one incident: read it, decide it, record what a service said, open it again."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from model.errors import ReviewError
from service.desk import handovers, reading, review
from service.desk.decisions import Outcomes
from service.pages import forms
from service.pages.entrance import PageRoute, Visitor, visiting
from service.pages.forms import Faults
from service.pages.incident_view import show_opened
from service.pages.render import page_of
from service.pages.transactions import writing
from service.parts import parts_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Reviewer = Annotated[Visitor, Depends(visiting("review"))]
_RETRIED = frozenset({"version-stale", "incident-claimed", "not-waiting", "not-opened", "choice-invalid"})
_ON_FORM = _RETRIED | {"destination-unknown", "handover-unknown"}
"""Errors said above the form, which is then shown as things stand now."""


@router.get("/incidents")
async def find(reference: str, visitor: Reviewer, request: Request) -> Response:
    """The incident that somebody typed the reference of."""
    if page_of(reference).startswith("/incidents?"):
        return await _page(request, visitor, reference)
    return RedirectResponse(page_of(reference), 303)


@router.post("/incidents")
async def act_on_found(reference: str, visitor: Reviewer, request: Request) -> Response:
    """As below, for the few references that cannot stand in a path."""
    return await act(request, reference, visitor)


@router.get("/incidents/{reference:path}")
async def show_incident(request: Request, reference: str, visitor: Reviewer) -> Response:
    """Read an incident. That it was read is recorded."""
    return await _page(request, visitor, reference)


@router.post("/incidents/{reference:path}")
async def act(request: Request, reference: str, visitor: Reviewer) -> Response:
    """Do what the form says. What cannot be done is said above the form, with what was typed still in it."""
    fields = await forms.read_form(request, visitor)
    steps = {"decide": _decide, "answer": _answer, "reopen": _reopen}
    step = steps.get(fields.get("act", ""), _decide)
    try:
        faults = await step(request, visitor, reference, fields)
    except ReviewError as error:
        if error.code not in _ON_FORM:
            raise
        parts_of(request).metrics.count_error(error.code)
        return await _page(request, visitor, reference, 409, fields, forms.fault_of(error))
    if faults:
        return await _page(request, visitor, reference, 422, fields, faults)
    return RedirectResponse("/queue", 303)


async def _decide(request: Request, visitor: Visitor, reference: str, fields: dict[str, str]) -> Faults:
    parts = parts_of(request)
    choice, faults = forms.choice_of(fields)
    if not faults:
        version, now = forms.version_of(fields), parts_of(request).now()

        def work(session: Session) -> Outcomes:
            return review.decide(
                session, visitor.person, reference, version, choice, parts.settings, parts.destinations, now
            )

        decided = await writing(request, work)
        await run_in_threadpool(parts.decided, decided)
    return faults


async def _answer(request: Request, visitor: Visitor, reference: str, fields: dict[str, str]) -> Faults:
    accepted, by, why, faults = forms.answer_of(fields)
    if not faults:
        settings, now = parts_of(request).settings, parts_of(request).now()

        def work(session: Session) -> str:
            return handovers.answer(session, visitor.person, reference, accepted, by, why, settings, now)

        await writing(request, work)
    return faults


async def _reopen(request: Request, visitor: Visitor, reference: str, fields: dict[str, str]) -> Faults:
    why = fields.get("again", "").strip()
    if not why:
        return {"again": "Say why it is opened again"}
    settings, now = parts_of(request).settings, parts_of(request).now()
    await writing(request, lambda session: review.reopen(session, visitor.person, reference, why, settings, now))
    return {}


async def _page(
    request: Request,
    visitor: Visitor,
    reference: str,
    status: int = 200,
    fields: dict[str, str] | None = None,
    faults: Faults | None = None,
) -> Response:
    parts, now = parts_of(request), parts_of(request).now()

    def work(session: Session) -> reading.Seen:
        return reading.open_incident(session, visitor.person, reference, parts.settings, now)

    return await show_opened(request, visitor, work, now, status, fields, faults)
