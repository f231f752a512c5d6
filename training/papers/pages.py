"""Markdown to one HTML page that stands alone: pictures inside, no script, nothing from elsewhere.

Text is escaped by the Markdown library; a paragraph ``Table: …`` before a table becomes its caption, the first cell
of each row its header, and bold words that begin ``The force must add`` are marked.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

MUST_ADD: Final = "The force must add"
_TEMPLATES: Final = Path(__file__).parent / "templates"
_CAPTION: Final = "Table: "
_BREAKS: Final = re.compile(r"[/_]|::")


def page(markdown: str, title: str, svgs: Mapping[str, str], links: Sequence[tuple[str, str, bool]]) -> str:
    """A whole page.

    Args:
        markdown: the paper.
        title: of the page.
        svgs: pictures by the address that the Markdown gives them.
        links: the other papers: address, title, whether it is this one.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(markdown)
    _captioned(tokens)
    _row_headers(tokens)
    reader.add_render_rule("image", _image)
    reader.add_render_rule("code_inline", _code)
    reader.add_render_rule("strong_open", _strong)
    reader.add_render_rule("strong_close", _strong)
    body = reader.renderer.render(tokens, reader.options, {"svgs": svgs})
    templates = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    style = (_TEMPLATES / "papers.css").read_text(encoding="utf-8")
    return templates.get_template("page.html.jinja").render(
        title=title,
        body=body,
        style=style,
        links=links,
    )


def _captioned(tokens: list[Token]) -> None:
    at = 0
    while at + 3 < len(tokens):
        paragraph, inline, _, table = tokens[at : at + 4]
        if paragraph.type == "paragraph_open" and table.type == "table_open" and inline.content.startswith(_CAPTION):
            first = (inline.children or [])[0]
            first.content = first.content.removeprefix(_CAPTION)
            name = f"table-{at}"
            opened, closed = Token("caption_open", "caption", 1, block=True), Token("caption_close", "caption", -1)
            opened.attrSet("id", name)
            scrolled = Token("scroll_open", "div", 1, block=True)
            for attribute, value in (("class", "wide"), ("role", "region"), ("tabindex", "0")):
                scrolled.attrSet(attribute, value)
            scrolled.attrSet("aria-labelledby", name)
            tokens[at : at + 4] = [scrolled, table, opened, inline, closed]
            end = next(i for i in range(at, len(tokens)) if tokens[i].type == "table_close")
            tokens.insert(end + 1, Token("scroll_close", "div", -1, block=True))
        at += 1


def _row_headers(tokens: list[Token]) -> None:
    for at, token in enumerate(tokens):
        if token.type == "th_open":
            token.attrSet("scope", "col")
        elif token.type == "td_open" and tokens[at - 1].type == "tr_open":
            token.tag, tokens[at + 2].tag = "th", "th"
            token.attrSet("scope", "row")


def _image(self: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, env: Mapping[str, Any]) -> str:
    token = tokens[at]
    svg = env["svgs"][str(token.attrGet("src"))]
    token.attrSet("src", f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}")
    return self.image(tokens, at, _options, dict(env))


def _code(_self: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    """May be broken after a sign, not within a word: paths and names of tests are long."""
    return "<code>" + _BREAKS.sub(r"\g<0><wbr>", escapeHtml(tokens[at].content)) + "</code>"


def _strong(_self: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    opening = tokens[at].nesting == 1
    words = tokens[at + 1] if opening else tokens[at - 1]
    tag = "mark" if words.content.startswith(MUST_ADD) else "strong"
    return f"<{tag}>" if opening else f"</{tag}>"
