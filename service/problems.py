"""Every error as an RFC 9457 problem document: a stable code, a sentence, and never what was sent."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from model.errors import ArtefactError, NarrativeError, ReviewError, SignpostError, StoreError
from service.metrics import METHODS
from service.parts import parts_of
from service.readiness import ModelUnavailableError

MEDIA_TYPE: Final = "application/problem+json"


class RequestError(SignpostError):
    """A request that is wrong before any narrative is read. ``field`` names the part at fault, if one is.

    Codes: ``body-too-large``, ``body-too-slow``, ``body-not-utf8``, ``body-not-json``, ``body-not-object``,
    ``content-type-unsupported``, ``content-encoding-unsupported``, ``id-invalid``, ``items-missing``,
    ``items-not-a-list``, ``items-too-many``, ``item-not-object``, ``field-invalid``, ``version-invalid``,
    ``form-expired``.
    """

    def __init__(self, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(code, detail)
        self.field = field

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, self.detail, self.field)


CATALOGUE: Final[Mapping[str, tuple[int, str]]] = {
    "text-missing": (422, "There is no text"),
    "text-not-a-string": (422, "The text is not a string"),
    "text-blank": (422, "The text is blank"),
    "text-too-long": (422, "The text is too long"),
    "text-not-utf8": (422, "The text is not valid Unicode"),
    "id-invalid": (422, "The id cannot be given back as it came"),
    "body-not-object": (422, "The body is not an object"),
    "items-missing": (422, "There are no items"),
    "items-not-a-list": (422, "The items are not a list"),
    "items-too-many": (422, "There are too many items"),
    "item-not-object": (422, "The item is not an object"),
    "body-not-utf8": (400, "The body is not UTF-8"),
    "body-not-json": (400, "The body is not JSON"),
    "body-too-slow": (408, "The body came too slowly"),
    "body-too-large": (413, "The body is too large"),
    "content-type-unsupported": (415, "The content type is not supported"),
    "content-encoding-unsupported": (415, "The content encoding is not supported"),
    "token-missing": (401, "A token is needed"),
    "token-invalid": (422, "The token cannot be made or revoked"),
    "token-wrong": (401, "The token is not valid"),
    "role-missing": (403, "This token may not do that"),
    "form-expired": (403, "The form has expired"),
    "too-many-requests": (429, "Too many requests"),
    "field-invalid": (422, "A field is not as it must be"),
    "version-invalid": (422, "The version is not a whole number"),
    "reference-invalid": (422, "The reference cannot be kept"),
    "choice-invalid": (422, "The choice is not complete"),
    "destination-unknown": (422, "There is no such service"),
    "incident-unknown": (404, "There is no such incident"),
    "reading-unknown": (404, "There is no such reading for you"),
    "handover-unknown": (409, "No hand-over is waiting for an answer"),
    "version-stale": (409, "The incident has changed"),
    "incident-claimed": (409, "Somebody else has the incident open"),
    "not-waiting": (409, "The incident is not in the queue"),
    "not-opened": (409, "The incident has not been read"),
    "undo-too-late": (409, "It is too late to take this back"),
    "undo-not-yours": (409, "This is not yours to take back"),
    "database-unreachable": (503, "The database did not answer"),
    "database-full": (503, "The database's disk is full"),
    "database-busy": (503, "The database is held by others"),
    "database-damaged": (503, "The database is damaged"),
    "not-found": (404, "There is nothing at this address"),
    "method-not-allowed": (405, "The method is not allowed here"),
    "internal-error": (500, "Signpost failed"),
    "overloaded": (503, "Too much at once"),
    "model-loading": (503, "The model is loading"),
    "model-unusable": (503, "The model could not be loaded"),
}
"""Status and title of every code that this service gives by itself."""

_HTTP_CODES: Final[Mapping[int, tuple[str, str]]] = {
    404: ("not-found", "There is nothing at this address. The addresses are listed in /openapi.json."),
    405: ("method-not-allowed", "This address does not take this method. The Allow header names those it takes."),
}


def status_and_title(error: SignpostError) -> tuple[int, str]:
    """The HTTP status of an error and the title of its kind."""
    known = CATALOGUE.get(error.code)
    if known is not None:
        return known
    if isinstance(error, NarrativeError):
        return 422, "The text cannot be scored"
    if isinstance(error, ArtefactError | ModelUnavailableError):
        return 503, "The model could not be loaded"
    if isinstance(error, StoreError):
        return 503, "The database cannot be used"
    return 500, "Signpost failed"


def problem(
    status: int, title: str, code: str, detail: str, field: str | None = None, version: int | None = None
) -> Response:
    """A problem document. Says nothing of the request but the name of the field at fault."""
    document: dict[str, Any] = {
        "type": f"urn:signpost:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if field is not None:
        document["field"] = field
    if version is not None:
        document["version"] = version
    response = Response(orjson.dumps(document), status, media_type=MEDIA_TYPE)
    if status == 401:
        reason = ', error="invalid_token"' if code == "token-wrong" else ""
        response.headers["WWW-Authenticate"] = f'Bearer realm="signpost"{reason}'
    if status in (408, 413):
        # Or the server would go on reading, to the end, what nobody wants.
        response.headers["Connection"] = "close"
    if status == 429:
        response.headers["Retry-After"] = "60"
    if status == 503:
        response.headers["Retry-After"] = "2"
    return response


def field_at_fault(error: SignpostError) -> str | None:
    """The name of the field that an error is about."""
    if isinstance(error, RequestError):
        return error.field
    return "text" if isinstance(error, NarrativeError) else None


async def answer_signpost_error(request: Request, error: Exception) -> Response:
    """Turn an error of ours into its problem document, and count it."""
    assert isinstance(error, SignpostError)
    parts_of(request).metrics.count_error(error.code)
    status, title = status_and_title(error)
    version = error.version if isinstance(error, ReviewError) else None
    return problem(status, title, error.code, error.detail, field_at_fault(error), version)


async def answer_http_exception(request: Request, error: Exception) -> Response:
    """Turn the framework's own refusals (404, 405) into problem documents, and count them."""
    assert isinstance(error, HTTPException)
    fallback = (f"http-{error.status_code}", "The request could not be answered.")
    code, detail = _HTTP_CODES.get(error.status_code, fallback)
    parts_of(request).metrics.count_error(code)
    title = CATALOGUE[code][1] if code in CATALOGUE else "The request failed"
    response = problem(error.status_code, title, code, detail)
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(_methods_of(request))
    return response


async def answer_invalid_parameter(request: Request, error: Exception) -> Response:
    """Turn the framework's refusal of a parameter into ours: its own one repeats what was sent."""
    assert isinstance(error, RequestValidationError)
    return await answer_signpost_error(request, invalid_parameter(error))


def invalid_parameter(error: RequestValidationError) -> RequestError:
    """The same as an error of ours, naming the parameter."""
    name = str(error.errors()[0]["loc"][-1])
    return RequestError("field-invalid", f"`{name}` is missing, or not as /openapi.json describes it.", name)


def _methods_of(request: Request) -> list[str]:
    """What an address takes, of all its routes: the framework names only those of the first."""
    scopes = {method: {**request.scope, "method": method} for method in METHODS}
    routes = request.app.router.routes
    return [m for m, scope in scopes.items() if any(route.matches(scope)[0] is Match.FULL for route in routes)]


def internal_error() -> Response:
    """The answer to anything unforeseen. It says nothing of what happened: the log does."""
    status, title = CATALOGUE["internal-error"]
    detail = "Something went wrong in Signpost. Nothing was scored. The log says where; please report it."
    return problem(status, title, "internal-error", detail)
