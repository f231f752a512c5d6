"""The auditor's page: what happened to one incident in the order of time, and whether the record is whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from model.errors import StoreError
from service.pages import entrance, forms
from service.pages.entrance import PageRoute, Visitor, visiting
from service.pages.transactions import reading, writing
from service.record import audit
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

    def work(session: Session) -> list[Line]:
        audit.append(session, visitor.person.name, "record-read", reference, datetime.now(UTC), {})
        return [_line(entry) for entry in islice(audit.entries(session, audit.Filters(reference=reference)), _MOST)]

    lines = await writing(request, work) if reference else []
    return await _page(request, visitor, reference=reference, lines=lines)


@router.post("/record")
async def verify(request: Request, visitor: Auditor) -> Response:
    """Check every link."""
    await forms.read_form(request, visitor)
    try:
        whole = await reading(request, audit.verify)
    except StoreError as error:
        if error.code != "record-broken":
            raise
        return await _page(request, visitor, broken=error.detail)
    return await _page(request, visitor, whole=whole)


async def _page(request: Request, visitor: Visitor, **values: Any) -> Response:
    head = await reading(request, audit.head)
    blank: dict[str, Any] = {"reference": "", "lines": [], "broken": "", "whole": None}
    return entrance.show(request, "record.html", 200, visitor, head=head, most=_MOST, **(blank | values))


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
