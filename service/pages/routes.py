"""The page's addresses: the form, its answer, the way in, and the two files that it refers to."""

import logging
from typing import Final
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from model.errors import AccessError, NarrativeError, SignpostError
from model.narrative import LONGEST, Narrative
from service.access import form_proof, proves
from service.bodies import read_body
from service.doors import address_of
from service.logs import outline
from service.pages.render import page, static
from service.pages.view import Answer, answer
from service.parts import Parts, parts_of
from service.problems import RequestError, status_and_title

router = APIRouter(include_in_schema=False)

_LOG: Final = logging.getLogger("signpost.service")
_FORM: Final = "application/x-www-form-urlencoded"
_WORDS: Final = {
    "text-missing": "Enter a narrative",
    "text-blank": "Enter a narrative",
    "text-too-long": f"The narrative must be {LONGEST:,} characters or fewer",
    "text-not-utf8": "The narrative holds a character that is not Unicode. Paste it again as plain text",
    "model-loading": "The model is still loading. Score the narrative again in a few seconds",
    "form-expired": "The form has expired. Check the narrative and score it again",
}


@router.get("/")
async def show_form(request: Request) -> Response:
    """The empty form. With a token in the address: a cookie, and at once the address without it."""
    access = parts_of(request).access
    token = request.query_params.get("token")
    if token is not None:
        try:
            return _let_in(request, await access.let_in(token, address_of(request)))
        except AccessError as error:
            return _closed(request, error)
    cookie = await _cookie(request)
    if cookie is None:
        return _closed(request, AccessError("token-missing", "no cookie"))
    return _page(request, cookie)


@router.post("/")
async def score_form(request: Request) -> Response:
    """The form with its answer. Posted, never in an address, so that no history or log holds a narrative."""
    parts = parts_of(request)
    cookie = await _cookie(request)
    if cookie is None:
        return _closed(request, AccessError("token-missing", "no cookie"))
    text = ""
    try:
        fields = await _read_form(request, parts.settings.single_bytes)
        text = fields.get("text", "")
        # Against forms on other sites that post here with this browser's cookie. SameSite=Strict keeps the cookie from
        # them already; the proof, which only our page holds, also stops neighbours on the same host and old browsers.
        # The Origin header would not do: under `Referrer-Policy: no-referrer` browsers send it as "null".
        if not proves(fields.get("proof", ""), cookie):
            raise RequestError("form-expired", "The form was not made by this start of Signpost.")
        return _page(request, cookie, text, answered=_score(parts, text))
    except SignpostError as error:
        parts.metrics.count_error(error.code)
        status, title = status_and_title(error)
        field = isinstance(error, NarrativeError)
        return _page(request, cookie, text, status, _WORDS.get(error.code, title), on_field=field)
    except Exception as error:
        # Caught here and not in the last resort, so that the person keeps what they pasted.
        _LOG.error("unforeseen on the page\n%s", outline(error))
        parts.metrics.count_error("internal-error")
        return _page(request, cookie, text, 500, "Signpost could not score this narrative. Deal with the call as usual")


@router.get("/static/signpost.css")
async def stylesheet() -> Response:
    """The page's only stylesheet."""
    return Response(static("signpost.css"), media_type="text/css")


@router.get("/static/signpost.svg")
async def icon() -> Response:
    """The page's icon."""
    return Response(static("signpost.svg"), media_type="image/svg+xml")


def _score(parts: Parts, text: str) -> Answer:
    scorer = parts.readiness.scorer()
    score = scorer.score(Narrative.of(text))
    parts.note(score)
    return answer(text, score, scorer.facts())


async def _read_form(request: Request, limit: int) -> dict[str, str]:
    """The fields of the posted form, each given once."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise RequestError("content-type-unsupported", "Use the form on the page.")
    body = await read_body(request, limit)
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=10)
    except UnicodeDecodeError:
        raise NarrativeError("text-not-utf8", "The form is not UTF-8.") from None
    except ValueError:
        raise RequestError("content-type-unsupported", "Use the form on the page.") from None
    # Forms turn every line break into CR LF; what was pasted, and what the other doors get, has LF.
    return {name: values[0].replace("\r\n", "\n") for name, values in fields.items()}


def _page(
    request: Request,
    cookie: str,
    text: str = "",
    status: int = 200,
    error: str | None = None,
    *,
    on_field: bool = False,
    answered: Answer | None = None,
) -> Response:
    return page(
        "score.html",
        status,
        text=text,
        error=error,
        on_field=on_field,
        answer=answered,
        longest=f"{LONGEST:,}",
        proof=form_proof(cookie),
    )


def _let_in(request: Request, cookie: str) -> Response:
    parts = parts_of(request)
    response = RedirectResponse("/", 303)
    response.set_cookie(
        _cookie_name(parts),
        cookie,
        httponly=True,
        samesite="strict",
        secure=parts.settings.behind_tls,
    )
    return response


def _closed(request: Request, error: AccessError) -> Response:
    """The plain page that says how to get in."""
    parts_of(request).metrics.count_error(error.code)
    status, _ = status_and_title(error)
    response = page("closed.html", status, wrong=error.code == "token-wrong")
    response.headers["WWW-Authenticate"] = 'Bearer realm="signpost"'
    return response


async def _cookie(request: Request) -> str | None:
    """The page's cookie, if it is of a browser that may score."""
    parts = parts_of(request)
    cookie = request.cookies.get(_cookie_name(parts))
    person = await parts.access.person_of(cookie)
    return cookie if person is not None and person.may("score") else None


def _cookie_name(parts: Parts) -> str:
    # Browsers do not keep cookies of different ports apart: two services on one machine would log each other out.
    return f"signpost-{parts.settings.port}"
