"""The supervisor's page: is the review worth something?"""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from service.desk import assurance
from service.pages import entrance
from service.pages.entrance import PageRoute, Visitor, visiting
from service.pages.transactions import reading
from service.parts import parts_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_PERIODS: Final = (1, 7, 28, 91)


@router.get("/assurance")
async def show_figures(
    request: Request, visitor: Annotated[Visitor, Depends(visiting("supervise"))], days: int = 28
) -> Response:
    """The figures of so many days."""
    period = days if days in _PERIODS else 28
    now = parts_of(request).now()
    figures = await reading(request, lambda session: assurance.figures(session, now, period))
    return entrance.show(request, "assurance.html", 200, visitor, figures=figures, periods=_PERIODS)
