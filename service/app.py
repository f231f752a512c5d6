"""The assembler: the only file that knows all the others."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from secure.middleware import SecureASGIMiddleware
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from model.errors import SignpostError
from service import desk_routes, logs, pages, routes
from service.access import Access, given
from service.desk import samples
from service.desk.destinations import DEFAULT, read_destinations
from service.headers import security_headers
from service.line import Line
from service.metrics import Metrics
from service.monitoring.alarm import Alarm
from service.monitoring.days import Recorder
from service.observing import Observing
from service.parts import Parts
from service.problems import answer_http_exception, answer_invalid_parameter, answer_signpost_error
from service.readiness import Readiness, Scorer, load_from, named_by
from service.renewal import Renewal
from service.settings import Settings
from service.store import open_store
from service.store.database import now as clock
from service.together import Together
from service.weighing import Weighing

_LOG: Final = logging.getLogger("signpost.service")
_PROBE_SECONDS: Final = 2.0
_DESCRIPTION = (
    "Scores control-room call narratives: does this look like mental-health-only demand? "
    "Nothing Signpost answers closes, downgrades or delays a call."
)


def create_app(
    settings: Settings,
    scorer: Scorer | None = None,
    minted: str | None = None,
    now: Callable[[], datetime] = clock,
) -> FastAPI:
    """A service with these settings.

    Args:
        settings: what the environment says.
        scorer: a model that is loaded already; without one, the app loads the one that the settings name.
        minted: a token made for this start, let in besides those of the settings and of the store.
        now: the clock that deadlines, sittings, the record and the days go by.

    Raises:
        StoreError: the database cannot be opened.
        DataError: the list of services cannot be read.
    """
    app = FastAPI(
        title="Signpost",
        description=_DESCRIPTION,
        lifespan=_lifespan,
        redirect_slashes=False,
        # The document is served behind the token; the interactive pages would need scripts from elsewhere.
        openapi_url=None,
        # FastAPI would send exceptions with their messages to any OpenTelemetry exporter in the environment.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    readiness, metrics = Readiness(scorer), Metrics()
    store = open_store(settings.database)
    app.state.parts = parts = Parts(
        settings=settings,
        access=Access(store, given(settings.token_sha256, minted), settings, now),
        readiness=readiness,
        metrics=metrics,
        singles=Line(settings.narratives),
        together=Together(),
        incidents=Line(settings.narratives, settings.incidents_running),
        batches=Line(settings.batches_running + settings.batches_waiting, settings.batches_running),
        recorder=Recorder(settings.profiles, lambda: now().date()),
        alarm=Alarm(
            settings.models,
            serving=lambda: readiness.scorer().version,
            bar=settings.unsafe_bar,
            level=settings.alarm_level,
            on_alarm=metrics.count_alarm,
        ),
        store=store,
        now=now,
        destinations=read_destinations(settings.destinations or DEFAULT),
        renewal=Renewal(
            readiness, metrics, lambda: named_by(settings), lambda: load_from(settings), settings.model_seconds
        ),
    )
    for name, line in (("singles", parts.singles), ("incidents", parts.incidents), ("batches", parts.batches)):
        metrics.show_line(name, line)
    app.include_router(routes.health)
    app.include_router(routes.guarded)
    app.include_router(desk_routes.router)
    app.include_router(pages.router)
    app.add_exception_handler(SignpostError, answer_signpost_error)
    app.add_exception_handler(HTTPException, answer_http_exception)
    app.add_exception_handler(RequestValidationError, answer_invalid_parameter)
    # The last added is the outermost: even the last resort's answer carries the security headers.
    app.add_middleware(Observing, metrics=parts.metrics)
    app.add_middleware(SecureASGIMiddleware, secure=security_headers(settings.behind_tls))
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Answer at once, and load the model meanwhile; then watch for a newer one, unless this one was given."""
    parts: Parts = app.state.parts
    asyncio.get_running_loop().set_exception_handler(logs.quieten_loop)
    given_one = parts.readiness.settled.is_set()
    loading = asyncio.create_task(_make_ready(parts))
    probing = asyncio.create_task(_probe(parts))
    recording = asyncio.create_task(_record(parts))
    weighing = asyncio.create_task(Weighing(parts.store, parts.alarm, parts.settings, parts.now).watch())
    # It reads what the registry names before the load is over: a promotion in between is not missed.
    watching = None if given_one else asyncio.create_task(parts.renewal.watch())
    yield
    probing.cancel()
    recording.cancel()
    weighing.cancel()
    if watching:
        watching.cancel()
    await asyncio.to_thread(parts.recorder.write)
    await loading
    parts.together.close()
    parts.store.close()


async def _record(parts: Parts) -> None:
    """Write the profile of the day now and then."""
    while True:
        await asyncio.sleep(parts.settings.profile_seconds)
        await asyncio.to_thread(parts.recorder.write)


async def _probe(parts: Parts) -> None:
    """A database that failed is tried again every few seconds: readiness says that it is back before anybody asks."""
    while True:
        await asyncio.sleep(_PROBE_SECONDS)
        if parts.store.trouble is not None:
            with suppress(SignpostError):
                await asyncio.to_thread(parts.store.probe)


async def _make_ready(parts: Parts) -> None:
    if not parts.readiness.settled.is_set():
        await parts.readiness.load(parts.renewal.sound)
    if parts.readiness.ready:
        scorer = parts.readiness.scorer()
        parts.metrics.show_model(scorer.version, scorer.policy_version)
        if parts.settings.demo:
            await run_in_threadpool(_fill, parts, scorer)


def _fill(parts: Parts, scorer: Scorer) -> None:
    taken = samples.fill(parts.store, scorer, parts.settings, parts.destinations, parts.now())
    _LOG.info("filled the store with samples" if taken else "no samples: the store is not empty")
