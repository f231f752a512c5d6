"""The auditor's page: what happened to one incident in the order of time, legal holds, and whether the record is
whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from model.errors import ReviewError, StoreError
from service.desk.register import check_reference
from service.pages import entrance, forms
from service.pages.entrance import PageRoute, Visitor, visiting
from service.pages.forms import Faults
from service.pages.transactions import reading, writing
from service.parts import parts_of
from service.record import audit, retention
from service.store.tables import Entry

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Auditor = Annotated[Visitor, Depends(visiting("audit"))]
_MOST: Final = 1000
_GIST: Final = ("version", "suggestion", "decision", "destination", "why", "by", "escalated")
"""The facts that stand in the open; the rest unfolds."""


@dataclass(frozen=True, slots=True)
class Line:
    """One link of the record; ``gist`` are the facts that matter first."""

    seq: int
    at: datetime
    actor: str
    action: str
    gist: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    hash: str


@router.get("/record")
async def show_record(request: Request, visitor: Auditor, reference: str = "") -> Response:
    """How the record stands, and of one incident every link. That it was read is recorded."""
    reference = reference.strip()
    return await _show(request, visitor, reference) if reference else await _page(request, visitor)


@router.post("/record")
async def act(request: Request, visitor: Auditor) -> Response:
    """Put an incident under legal hold, lift the hold, or check every link."""
    fields = await forms.read_form(request, visitor)
    change = {"hold": retention.hold, "release": retention.release}.get(fields.get("act", ""))
    if change is None:
        return await _verify(request, visitor)
    reference, why, now = fields.get("reference", ""), fields.get("why", ""), parts_of(request).now()
    try:
        await writing(request, lambda session: change(session, reference, why, visitor.person.name, now))
    except ReviewError as error:
        if error.code != "choice-invalid":
            raise
        parts_of(request).metrics.count_error(error.code)
        return await _show(request, visitor, reference, 422, why, {"why": error.detail})
    return RedirectResponse(f"/record?{urlencode({'reference': reference})}#hold", 303)


async def _verify(request: Request, visitor: Visitor) -> Response:
    try:
        whole = await reading(request, audit.verify)
    except StoreError as error:
        if error.code != "record-broken":
            raise
        return await _page(request, visitor, broken=error.detail)
    return await _page(request, visitor, whole=whole)


async def _show(
    request: Request,
    visitor: Visitor,
    reference: str,
    status: int = 200,
    why: str = "",
    faults: Faults | None = None,
) -> Response:
    check_reference(reference)

    def work(session: Session) -> tuple[list[Line], retention.Keeping | None]:
        audit.append(session, visitor.person.name, "record-read", reference, parts_of(request).now(), {})
        links = islice(audit.entries(session, audit.Filters(reference=reference)), _MOST)
        return [_line(entry) for entry in links], retention.keeping(session, reference)

    lines, keeping = await writing(request, work)
    shown = {"reference": reference, "lines": lines, "keeping": keeping, "why": why, "faults": faults or {}}
    return await _page(request, visitor, status, **shown)


async def _page(request: Request, visitor: Visitor, status: int = 200, **values: Any) -> Response:
    head, held = await reading(request, lambda session: (audit.head(session), retention.under_hold(session)))
    blank: dict[str, Any] = {
        "reference": "", "lines": [], "keeping": None, "why": "", "faults": {}, "broken": "", "whole": None,
    }  # fmt: skip
    days = parts_of(request).settings.retention_days
    return entrance.show(
        request, "record.html", status, visitor, head=head, held=held, retention_days=days, most=_MOST,
        **(blank | values),
    )  # fmt: skip


def _line(entry: Entry) -> Line:
    facts = tuple((name, _plain(value)) for name, value in entry.facts.items() if value not in (None, "", [], {}))
    gist = tuple((name, value) for name, value in facts if name in _GIST)
    return Line(entry.seq, entry.at, entry.actor, entry.action, gist, facts, entry.hash)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {_plain(inner)}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
