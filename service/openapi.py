"""The OpenAPI document: what the routes declare, with the bodies that they read by hand."""

from typing import Any, Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from service import schemas
from service.desk.register import LONGEST_REFERENCE
from service.parts import Parts
from service.problems import MEDIA_TYPE

REFERENCE_SCHEMA: Final[dict[str, Any]] = {"format": "reference", "minLength": 1, "maxLength": LONGEST_REFERENCE}
"""An incident's reference: printable characters, not only blanks. Checked where the desk needs it, for what it says."""

_REF: Final = "#/components/schemas/{model}"


def takes(model: str) -> dict[str, Any]:
    """For a route's ``openapi_extra``: the JSON body that the route reads by itself."""
    content = {"application/json": {"schema": {"$ref": _REF.format(model=model)}}}
    return {"requestBody": {"required": True, "content": content}}


def refuses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's ``responses``: the statuses that come with a problem document."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}
    return {status: {"description": _MEANING[status], "content": content} for status in statuses}


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document."""
    described = app.openapi()
    _, extra = models_json_schema(
        [
            (schemas.ScoreRequest, "validation"),
            (schemas.BatchRequest, "validation"),
            (schemas.IncidentRequest, "validation"),
            (schemas.DecisionRequest, "validation"),
            (schemas.HandoverRequest, "validation"),
            (schemas.ReopenRequest, "validation"),
            (schemas.Problem, "validation"),
        ],
        ref_template=_REF,
    )
    # Which services there are, the force says: whoever reads this need not guess.
    parts: Parts = app.state.parts
    extra["$defs"]["Signposted"]["properties"]["destination"]["enum"] = [d.id for d in parts.destinations.all]
    described.setdefault("components", {}).setdefault("schemas", {}).update(extra["$defs"])
    return described


_MEANING: Final = {
    400: "The body is not JSON in UTF-8.",
    401: "A token is missing or not known.",
    403: "The token's role may not do this.",
    404: "There is no such incident, or reading; or no such address: no reference holds a line break.",
    408: "The body came too slowly.",
    409: "Things have changed: read again, then decide again.",
    413: "The body is too large.",
    415: "The body is of a type that is not read here.",
    422: "The body is JSON, but not what is asked for.",
    429: "Too many requests.",
    503: "There is no verified model, or too much at once.",
}
