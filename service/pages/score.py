"""The page that scores one pasted narrative: the form, its answer, and the way in by a token."""

import logging
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from model.errors import NarrativeError, SignpostError
from model.narrative import LONGEST, Narrative
from service.logs import outline
from service.pages import entrance, forms
from service.pages.entrance import PageRoute, Visitor, visiting
from service.pages.view import Answer, answer
from service.parts import Parts, parts_of
from service.problems import status_and_title

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_LOG: Final = logging.getLogger("signpost.service")
_WORDS: Final = {
    "text-missing": "Enter a narrative",
    "text-blank": "Enter a narrative",
    "text-too-long": f"The narrative must be {LONGEST:,} characters or fewer",
    "text-not-utf8": "The narrative holds a character that is not Unicode. Paste it again as plain text",
    "model-loading": "The model is still loading. Score the narrative again in a few seconds",
    "form-expired": "The form has expired. Check the narrative and score it again",
}
_visit = visiting("score")


@router.get("/")
async def show_form(request: Request) -> Response:
    """The empty form. With a token in the address: a cookie, and at once an address without it."""
    token = request.query_params.get("token")
    if token is not None:
        return await entrance.let_in(request, token)
    return _page(request, await _visit(request))


@router.post("/")
async def score_form(request: Request, visitor: Annotated[Visitor, Depends(_visit)]) -> Response:
    """The form with its answer. Posted, never in an address, so that no history or log holds a narrative."""
    parts = parts_of(request)
    text = ""
    try:
        fields = await forms.read_fields(request, parts.settings.single_bytes)
        text = fields.get("text", "")
        forms.prove(fields, visitor)
        return _page(request, visitor, text, answered=await _answered(parts, text))
    except SignpostError as error:
        parts.metrics.count_error(error.code)
        status, title = status_and_title(error)
        field = isinstance(error, NarrativeError)
        return _page(request, visitor, text, status, _WORDS.get(error.code, title), on_field=field)
    except Exception as error:
        # Caught here and not in the last resort, so that the person keeps what they pasted.
        _LOG.error("unforeseen on the page\n%s", outline(error))
        parts.metrics.count_error("internal-error")
        said = "Signpost could not score this narrative. Deal with the call as usual"
        return _page(request, visitor, text, 500, said)


async def _answered(parts: Parts, text: str) -> Answer:
    scorer = parts.readiness.scorer()
    narrative = Narrative.of(text)
    # With everybody who asks now, but never refused: a person waits.
    score = await parts.together.score(scorer, narrative)
    parts.note(score)
    if scorer.facts().get("reader"):
        score = replace(score, left_out=await run_in_threadpool(scorer.left_out, narrative))
    return answer(text, score, scorer)


def _page(
    request: Request,
    visitor: Visitor,
    text: str = "",
    status: int = 200,
    error: str | None = None,
    *,
    on_field: bool = False,
    answered: Answer | None = None,
) -> Response:
    return entrance.show(
        request,
        "score.html",
        status,
        visitor,
        text=text,
        error=error,
        on_field=on_field,
        answer=answered,
        longest=f"{LONGEST:,}",
    )
