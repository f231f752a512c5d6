"""The addresses for machines: scores, the model's facts, health and metrics."""

from itertools import chain
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request
from starlette.responses import Response

from model.errors import NarrativeError, SignpostError
from model.narrative import Narrative
from service import schemas
from service.bodies import Item, item_of, items_of, parse_object, read_json
from service.metrics import CONTENT_TYPE, Metrics
from service.openapi import document, refuses, takes
from service.parts import parts_of
from service.problems import RequestError
from service.readiness import Scorer

_TOGETHER: Final = 100
"""Narratives scored in one go: enough to be fast, few enough that a batch of long ones stays small in memory."""

_BEARER: Final = HTTPBearer(auto_error=False, description="A token that the service was started with.")


async def require_token(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
) -> None:
    """Refuse a request without a known bearer token, before any of its body is read."""
    parts_of(request).access.admit(credentials.credentials if credentials else None)


health = APIRouter(prefix="/health", tags=["health"])
guarded = APIRouter(dependencies=[Depends(require_token)], responses=refuses(401))


@health.get("/live", response_model=schemas.Health)
async def live() -> Response:
    """Whether the process answers at all. Needs no token."""
    return _json({"status": "live"})


@health.get("/ready", response_model=schemas.Health, responses=refuses(503))
async def ready(request: Request) -> Response:
    """Whether a verified model is loaded; 503 with the reason until there is. Needs no token."""
    readiness = parts_of(request).readiness
    readiness.scorer()
    refused = readiness.refused
    return _json({"status": "ready"} | ({"refused": f"{refused.detail} [{refused.code}]"} if refused else {}))


@guarded.post(
    "/v1/score",
    tags=["scores"],
    response_model=schemas.ScoreBody,
    responses=refuses(400, 413, 415, 422, 503),
    openapi_extra=takes("ScoreRequest"),
)
async def score(request: Request) -> Response:
    """Score one narrative."""
    parts = parts_of(request)
    scorer = parts.readiness.scorer()
    item = item_of(parse_object(await read_json(request, parts.settings.single_bytes)))
    # Inline: a score takes less time than handing it to a thread.
    answer = scorer.score(Narrative.of(item.text))
    parts.metrics.count_score(answer)
    return _json(answer.as_dict(item.id))


@guarded.post(
    "/v1/score/batch",
    tags=["scores"],
    response_model=schemas.BatchBody,
    responses=refuses(400, 413, 415, 422, 503),
    openapi_extra=takes("BatchRequest"),
)
async def score_batch(request: Request) -> Response:
    """Score up to a thousand narratives. An item that cannot be scored gets its own error and costs no other."""
    parts = parts_of(request)
    scorer = parts.readiness.scorer()
    with parts.batches.place():
        body = await read_json(request, parts.settings.batch_bytes)
        results = await parts.batches.run(lambda: _score_all(body, scorer, parts.metrics))
    return Response(results, media_type="application/json")


@guarded.get("/v1/model", tags=["model"], response_model=schemas.ModelFacts, responses=refuses(503))
async def model(request: Request) -> Response:
    """The model that answers: version, data, figures, thresholds, guarantee, policy."""
    return _json(parts_of(request).readiness.scorer().facts())


@guarded.get("/metrics", tags=["health"], response_class=Response)
async def metrics(request: Request) -> Response:
    """Counts and times for Prometheus."""
    return Response(parts_of(request).metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})


@guarded.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """This interface, described."""
    return _json(document(request.app))


def _json(value: dict[str, Any]) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")


def _score_all(body: bytes, scorer: Scorer, metrics: Metrics) -> bytes:
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
            metrics.count_score(answer)
            results.append(answer.as_dict(identity))
        else:
            metrics.count_error(fit.code)
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
