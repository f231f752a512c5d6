"""Templates to HTML. Everything put into a template is escaped; nothing is ever marked safe."""

from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

_HERE: Final = files("service.pages")


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(str(_HERE / "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, status: int, **values: Any) -> HTMLResponse:
    """A page made from a template."""
    return HTMLResponse(_templates().get_template(template).render(values), status)


@cache
def static(name: str) -> bytes:
    """A file of ours that the page refers to."""
    return (_HERE / "static" / name).read_bytes()
