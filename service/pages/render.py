"""Templates to HTML. Everything put into a template is escaped; nothing is ever marked safe."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from service.pages.view import percent

_HERE: Final = files("service.pages")
_DOTS: Final = frozenset({".", ".."})


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(str(_HERE / "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words: Mapping[str, Mapping[str, str]] = tomllib.loads((_HERE / "words.toml").read_text(encoding="utf-8"))
    templates.globals |= {"percent": percent}
    templates.filters |= {
        "said": lambda key, kind: words[kind].get(str(key), str(key)),
        "page_of": page_of,
    }
    return templates


def page(template: str, status: int, **values: Any) -> HTMLResponse:
    """A page made from a template."""
    return HTMLResponse(_templates().get_template(template).render(values), status)


def page_of(reference: str) -> str:
    """The address of an incident's page. Browsers take dots alone for folders, so those go in a query."""
    quoted = quote(reference, safe="")
    return f"/incidents?reference={quoted}" if reference in _DOTS else f"/incidents/{quoted}"


@cache
def static(name: str) -> bytes:
    """A file of ours that the page refers to."""
    return (_HERE / "static" / name).read_bytes()
