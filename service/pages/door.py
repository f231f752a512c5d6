"""The small addresses around the pages: the guide, the way out, the shortcuts' switch, and the files that pages use."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.pages import entrance, forms
from service.pages.entrance import PageRoute, Visitor, visiting
from service.pages.render import static

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Anybody = Annotated[Visitor, Depends(visiting(None))]
_FILES: Final = {
    "signpost.css": "text/css",
    "signpost.js": "text/javascript",
    "signpost.svg": "image/svg+xml",
}


@router.get("/guide")
async def show_guide(request: Request) -> Response:
    """The reviewer's guide. Nothing in it is secret, so it opens to everybody."""
    return entrance.show(request, "guide.html", 200, await entrance.visitor_of(request))


@router.post("/sign-out")
async def sign_out(request: Request, visitor: Anybody) -> Response:
    """End the sitting."""
    await forms.read_form(request, visitor)
    return await entrance.let_out(request, visitor)


@router.post("/shortcuts")
async def switch_shortcuts(request: Request, visitor: Anybody) -> Response:
    """Switch single keys on or off, and go back to where the person was."""
    fields = await forms.read_form(request, visitor)
    back = fields.get("back", "")
    response = RedirectResponse(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/queue", 303)
    entrance.remember_shortcuts(request, response, on=fields.get("shortcuts") == "on")
    return response


@router.get("/static/{name}")
async def file(name: str) -> Response:
    """One of the few files that pages refer to."""
    if name not in _FILES:
        return Response(status_code=404)
    return Response(static(name), media_type=_FILES[name])
