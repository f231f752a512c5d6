"""From bytes to what was asked: bodies read within bounds, parsed without mercy, items checked one by one."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.requests import Request

from model.tables import ID_RULE, can_echo
from service.parts import parts_of
from service.problems import RequestError

MOST_ITEMS: Final = 1000
"""Items that a batch may have (the contract's figure)."""

_LEAST_PACE: Final = 100_000
"""Bytes a second that a body must come with, once the first seconds are over."""


@dataclass(frozen=True, slots=True)
class Item:
    """One narrative as it was sent: ``text`` is whatever stood there, not checked yet; ``clauses`` asks what the reader
    took from each."""

    id: str | int | float | None
    text: object
    clauses: bool = False


async def read_body(request: Request, limit: int) -> bytes:
    """The body, refused as soon as it is known to be longer than ``limit`` bytes, whether announced or chunked, or when
    it comes too slowly: whoever drips holds a place that others wait for."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    body, patience = bytearray(), parts_of(request).settings.patience_seconds
    begun = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(begun + patience) as deadline:
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
                deadline.reschedule(begun + patience + len(body) / _LEAST_PACE)
    except TimeoutError:
        said = f"The body did not come within {patience:g} seconds, and one more for every {_LEAST_PACE:,} bytes of it."
        raise RequestError("body-too-slow", said) from None
    return bytes(body)


async def read_json(request: Request, limit: int) -> bytes:
    """The body of a request that says it is JSON, not parsed yet."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise RequestError("content-type-unsupported", "Send JSON, with the header `Content-Type: application/json`.")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise RequestError("content-encoding-unsupported", "Send the body as it is, without Content-Encoding.")
    return await read_body(request, limit)


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body.

    Raises:
        RequestError: ``body-not-utf8``, ``body-not-json`` or ``body-not-object``.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        value = _parse_half_characters(body, error)
    if not isinstance(value, dict):
        raise RequestError("body-not-object", 'Send a JSON object, such as {"text": "…"}.')
    return value


def item_of(value: object) -> Item:
    """One ``{"text", "id"}``; only the id is checked here, the text is the model's affair.

    Raises:
        RequestError: ``item-not-object``, ``id-invalid`` or ``field-invalid``.
    """
    if not isinstance(value, dict):
        raise RequestError("item-not-object", 'An item must be a JSON object, such as {"text": "…", "id": "…"}.')
    identity = value.get("id")
    if not can_echo(identity):
        raise RequestError("id-invalid", ID_RULE, "id")
    clauses = value.get("clauses", False)
    if not isinstance(clauses, bool):
        raise RequestError("field-invalid", "`clauses` must be true or false.", "clauses")
    return Item(identity, value.get("text"), clauses)


def items_of(envelope: dict[str, Any]) -> list[object]:
    """The items of a batch, not checked yet.

    Raises:
        RequestError: ``items-missing``, ``items-not-a-list`` or ``items-too-many``.
    """
    items = envelope.get("items")
    if items is None:
        raise RequestError("items-missing", 'Send the items as {"items": [{"text": "…", "id": "…"}, …]}.', "items")
    if not isinstance(items, list):
        raise RequestError("items-not-a-list", "`items` must be a list.", "items")
    if len(items) > MOST_ITEMS:
        raise RequestError(
            "items-too-many", f"The batch has {len(items):,} items; at most {MOST_ITEMS:,} are allowed.", "items"
        )
    return items


def _too_large(limit: int) -> RequestError:
    return RequestError("body-too-large", f"The body is longer than {limit:,} bytes, the most that is read here.")


def _parse_half_characters(body: bytes, refusal: orjson.JSONDecodeError) -> Any:
    r"""Parse again what orjson refused, in case it is only a lone surrogate (``"\ud800"``).

    That is JSON, and costs its own item, not the batch; the standard library reads it.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError("body-not-utf8", f"Byte {error.start + 1} of the body is not UTF-8.") from None
    try:
        if "surrogate" in refusal.msg:
            return json.loads(text, parse_constant=int)  # which takes no NaN
    except (ValueError, RecursionError):
        pass
    raise RequestError(
        "body-not-json",
        f"The body is not valid JSON, from line {refusal.lineno}, column {refusal.colno} on. "
        "NaN, Infinity, comments and nesting of more than 1,000 levels are not allowed.",
    ) from None
