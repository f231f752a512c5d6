"""The addresses for machines: scores, the model's facts, health and metrics."""

from dataclasses import replace
from itertools import chain
from typing import Any, Final

import orjson
from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from model.errors import NarrativeError, SignpostError, StoreError
from model.narrative import Narrative
from service import schemas
from service.bodies import Item, item_of, items_of, parse_object, read_json
from service.desk import queue
from service.doors import needs
from service.metrics import CONTENT_TYPE
from service.openapi import document, refuses, takes
from service.parts import Parts, parts_of
from service.problems import RequestError
from service.readiness import Scorer

_TOGETHER: Final = 100
"""Narratives scored in one go: enough to be fast, few enough that a batch of long ones stays small in memory."""

health = APIRouter(prefix="/health", tags=["health"])
guarded = APIRouter(responses=refuses(401, 403, 429))
_SCORES: Final = [Depends(needs("score"))]
_OBSERVES: Final = [Depends(needs("observe"))]
_KNOWN: Final = [Depends(needs(None))]  # whoever has a token


@health.get("/live", response_model=schemas.Health)
async def live() -> Response:
    """Whether the process answers at all. Needs no token."""
    return _json({"status": "live"})


@health.get("/ready", response_model=schemas.Health, responses=refuses(503))
async def ready(request: Request) -> Response:
    """Whether a verified model is loaded; 503 with the reason until there is. Needs no token."""
    parts = parts_of(request)
    parts.readiness.scorer()
    # Neither keeps narratives from being scored, so neither takes the service out of a balancer's hands.
    wrong = {"refused": parts.readiness.refused, "database": parts.store.trouble}
    return _json({"status": "ready"} | {name: f"{e.detail} [{e.code}]" for name, e in wrong.items() if e})


@guarded.post(
    "/v1/score",
    dependencies=_SCORES,
    tags=["scores"],
    response_model=schemas.SingleBody,
    responses=refuses(400, 408, 413, 415, 422, 503),
    openapi_extra=takes("ScoreRequest"),
)
async def score(request: Request) -> Response:
    """Score one narrative."""
    parts = parts_of(request)
    scorer = parts.readiness.scorer()
    parts.singles.check()
    item = item_of(parse_object(await read_json(request, parts.settings.single_bytes)))
    narrative = Narrative.of(item.text)
    with parts.singles.place(len(narrative.given)):
        answer = await parts.together.score(scorer, narrative)
    parts.note(answer)
    if item.clauses:
        answer = replace(answer, left_out=await run_in_threadpool(scorer.left_out, narrative))
    return _json(answer.as_dict(item.id))


@guarded.post(
    "/v1/score/batch",
    dependencies=_SCORES,
    tags=["scores"],
    response_model=schemas.BatchBody,
    responses=refuses(400, 408, 413, 415, 422, 503),
    openapi_extra=takes("BatchRequest"),
)
async def score_batch(request: Request) -> Response:
    """Score up to a thousand narratives. An item that cannot be scored gets its own error and costs no other."""
    parts = parts_of(request)
    scorer = parts.readiness.scorer()
    with parts.batches.place():
        body = await read_json(request, parts.settings.batch_bytes)
        results = await parts.batches.aside(lambda: _score_all(body, scorer, parts))
    return Response(results, media_type="application/json")


@guarded.get(
    "/v1/model", dependencies=_KNOWN, tags=["model"], response_model=schemas.ModelFacts, responses=refuses(503)
)
async def model(request: Request) -> Response:
    """The model that answers: version, data, figures, thresholds, guarantee, policy."""
    return _json(parts_of(request).readiness.scorer().facts())


@guarded.get("/metrics", dependencies=_OBSERVES, tags=["health"], response_class=Response)
async def metrics(request: Request) -> Response:
    """Counts and times for Prometheus."""
    parts = parts_of(request)
    counts = await run_in_threadpool(_count_queue, parts)
    if counts is not None:
        parts.metrics.show_queue(counts.waiting, counts.escalated, counts.overdue)
    return Response(parts.metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})


@guarded.get("/openapi.json", dependencies=_KNOWN, include_in_schema=False)
async def openapi(request: Request) -> Response:
    """This interface, described."""
    return _json(document(request.app))


def _count_queue(parts: Parts) -> queue.Counts | None:
    """How long the queue is; a database that does not answer must not take the other figures with it."""
    try:
        with parts.store.reading() as session:
            return queue.counts(session, parts.now())
    except StoreError as error:
        parts.metrics.count_error(error.code)
        return None


def _json(value: dict[str, Any]) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")


def _score_all(body: bytes, scorer: Scorer, parts: Parts) -> bytes:
    """A whole batch from bytes to bytes, so that none of it runs on the event loop."""
    checked = [_check(value) for value in items_of(parse_object(body))]
    fit_ones = [fit for _, fit in checked if isinstance(fit, Narrative)]
    scores = chain.from_iterable(
        scorer.score_many(fit_ones[start : start + _TOGETHER]) for start in range(0, len(fit_ones), _TOGETHER)
    )
    results: list[dict[str, Any]] = []
    for item, fit in checked:
        identity = item.id if item else None
        if isinstance(fit, Narrative):
            answer = next(scores)
            parts.note(answer)
            results.append(answer.as_dict(identity))
        else:
            parts.metrics.count_error(fit.code)
            results.append({"id": identity, "error": {"code": fit.code, "detail": fit.detail}})
    return orjson.dumps({"results": results})


def _check(value: object) -> tuple[Item | None, Narrative | SignpostError]:
    """An item with its narrative, or with what is wrong with it."""
    try:
        item = item_of(value)
    except RequestError as error:
        return None, error
    try:
        return item, Narrative.of(item.text)
    except NarrativeError as error:
        return item, error
