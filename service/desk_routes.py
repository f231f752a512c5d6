"""The addresses of the review desk: incidents in, the queue, decisions, hand-overs, second readings, the record.

No decision is made here. Each route reads what was sent, calls the desk in a thread of its own (the store waits for
disks), counts, and answers.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from service import desk_bodies, schemas
from service.bodies import parse_object, read_json
from service.desk import assurance, handovers, incidents, queue, reading, review, second_opinion
from service.desk.register import check_reference, known
from service.desk.second_readings import LARGEST_NUMBER
from service.doors import needs
from service.openapi import REFERENCE_SCHEMA, refuses, takes
from service.parts import Parts, parts_of
from service.person import Person
from service.record import audit

router = APIRouter(prefix="/v1", responses=refuses(401, 403, 429, 503))

Sender = Annotated[Person, Depends(needs("score"))]
Reviewer = Annotated[Person, Depends(needs("review"))]
Supervisor = Annotated[Person, Depends(needs("supervise"))]
Auditor = Annotated[Person, Depends(needs("audit"))]

Reference = Annotated[str, Path(json_schema_extra=REFERENCE_SCHEMA)]
Sought = Annotated[str | None, Query(json_schema_extra=REFERENCE_SCHEMA)]
Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]

_SMALL: Final = 100_000
_TEN_YEARS: Final = 3660


@router.put(
    "/incidents/{reference:path}",
    tags=["incidents"],
    response_model=schemas.IncidentBody,
    responses=refuses(400, 404, 408, 409, 413, 415, 422),
    openapi_extra=takes("IncidentRequest"),
)
async def put_incident(request: Request, reference: Reference, person: Sender) -> Response:
    """Send the whole log so far. It is scored, kept as a new version, and put where a person will see it."""
    parts = parts_of(request)
    scorer = parts.readiness.scorer()
    check_reference(reference)
    parts.incidents.check()
    body = await read_json(request, parts.settings.incident_bytes)
    sent = parse_object(body)
    expected = desk_bodies.expected_version(sent, request.headers.get("if-match"))
    log = incidents.Log(reference, desk_bodies.text_of(sent), person.name, expected)
    with parts.incidents.place(len(body)):
        arrival = await parts.incidents.aside(
            lambda: incidents.receive(parts.store, scorer, log, parts.settings, parts.now())
        )
    if arrival.changed:
        parts.metrics.count_incident(arrival.score["decision"], escalated=bool(arrival.escalation))
    return _json(arrival.as_dict(), {"ETag": f'"{arrival.version}"'})


@router.get(
    "/incidents/{reference:path}",
    tags=["incidents"],
    response_model=schemas.Standing,
    responses=refuses(404),
)
async def get_incident(request: Request, reference: Reference, person: Sender) -> Response:
    """Where an incident stands. Without the narrative: to read that is a reviewer's, and recorded."""
    return _json(await run_in_threadpool(_standing, parts_of(request), reference))


@router.get("/queue", tags=["review"], response_model=schemas.QueueBody, responses=refuses(422))
async def get_queue(
    request: Request, person: Reviewer, start: Annotated[int, Query(ge=0, le=queue.FURTHEST)] = 0
) -> Response:
    """Who is next: up to 50 incidents from `start` on, and the second readings open to you."""
    return _json(await run_in_threadpool(_queue, parts_of(request), person, start))


@router.post("/queue/next", tags=["review"], response_model=schemas.NextBody)
async def take_next(request: Request, person: Reviewer) -> Response:
    """Take the first incident that nobody else has open; `reference` is null when there is none."""
    return _json({"reference": await run_in_threadpool(_take_next, parts_of(request), person)})


@router.post(
    "/incidents/{reference:path}/open", tags=["review"], response_model=schemas.SeenBody, responses=refuses(404)
)
async def open_incident(request: Request, reference: Reference, person: Reviewer) -> Response:
    """Read an incident. That you did is recorded, and it is yours for some minutes if nobody else has it open."""
    return _json(await run_in_threadpool(_open, parts_of(request), person, reference))


@router.post(
    "/incidents/{reference:path}/decision",
    tags=["review"],
    response_model=schemas.DecisionBody,
    responses=refuses(400, 404, 408, 409, 413, 415, 422),
    openapi_extra=takes("DecisionRequest"),
)
async def decide(request: Request, reference: Reference, person: Reviewer) -> Response:
    """Decide an incident that you have read, at the version that you saw."""
    parts = parts_of(request)
    sent = parse_object(await read_json(request, _SMALL))
    version, choice = desk_bodies.version_of(sent), desk_bodies.choice_of(sent)

    def work() -> Any:
        with parts.store.writing() as session:
            return review.decide(
                session, person, reference, version, choice, parts.settings, parts.destinations, parts.now()
            )

    decided = await run_in_threadpool(work)
    await run_in_threadpool(parts.decided, decided)
    return _json(decided)


@router.delete(
    "/incidents/{reference:path}/decision",
    tags=["review"],
    response_model=schemas.StateBody,
    responses=refuses(404, 409),
)
async def undo(request: Request, reference: Reference, person: Reviewer) -> Response:
    """Take back your own last decision, within the time that the settings give."""
    parts = parts_of(request)

    def work() -> str:
        with parts.store.writing() as session:
            return review.undo(session, person, reference, parts.settings, parts.now())

    return _json({"state": await run_in_threadpool(work)})


@router.post(
    "/incidents/{reference:path}/handover",
    tags=["review"],
    response_model=schemas.StateBody,
    responses=refuses(400, 404, 408, 409, 413, 415, 422),
    openapi_extra=takes("HandoverRequest"),
)
async def answer_handover(request: Request, reference: Reference, person: Reviewer) -> Response:
    """Record what the service said to a hand-over, and who said it."""
    parts = parts_of(request)
    accepted, by, why = desk_bodies.handover_of(parse_object(await read_json(request, _SMALL)))

    def work() -> str:
        with parts.store.writing() as session:
            return handovers.answer(session, person, reference, accepted, by, why, parts.settings, parts.now())

    return _json({"state": await run_in_threadpool(work)})


@router.post(
    "/incidents/{reference:path}/reopen",
    tags=["review"],
    response_model=schemas.StateBody,
    responses=refuses(400, 404, 408, 413, 415, 422),
    openapi_extra=takes("ReopenRequest"),
)
async def reopen(request: Request, reference: Reference, person: Supervisor) -> Response:
    """Put an incident into the queue again, whatever it was."""
    parts = parts_of(request)
    why = desk_bodies.words(parse_object(await read_json(request, _SMALL)), "why")

    def work() -> str:
        with parts.store.writing() as session:
            return review.reopen(session, person, reference, why, parts.settings, parts.now())

    return _json({"state": await run_in_threadpool(work)})


@router.post("/readings/{number}/open", tags=["review"], response_model=schemas.SeenBody, responses=refuses(404, 422))
async def open_reading(request: Request, number: Number, person: Reviewer) -> Response:
    """Read what somebody else decided, without their decision; or what two disagreed about, with both."""
    parts = parts_of(request)

    def work() -> reading.Seen:
        with parts.store.writing() as session:
            return reading.open_reading(session, person, number, parts.settings, parts.now())

    return _json(await run_in_threadpool(work))


@router.post(
    "/readings/{number}/decision",
    tags=["review"],
    response_model=schemas.DecisionBody,
    responses=refuses(400, 404, 408, 409, 413, 415, 422),
    openapi_extra=takes("DecisionRequest"),
)
async def decide_reading(request: Request, number: Number, person: Reviewer) -> Response:
    """Decide a second reading, or settle a disagreement."""
    parts = parts_of(request)
    choice = desk_bodies.choice_of(parse_object(await read_json(request, _SMALL)))

    def work() -> Any:
        with parts.store.writing() as session:
            return second_opinion.read_again(
                session, person, number, choice, parts.settings, parts.destinations, parts.now()
            )

    return _json(await run_in_threadpool(work))


@router.get("/destinations", tags=["review"], response_model=schemas.DestinationsBody)
async def get_destinations(request: Request, person: Reviewer) -> Response:
    """The services that a call can be signposted to, and whether each is open now."""
    parts = parts_of(request)
    rows = [
        {
            "id": d.id,
            "name": d.name,
            "area": d.area,
            "hours": d.hours,
            "open": d.is_open(parts.now(), parts.settings.timezone),
        }
        for d in parts.destinations.all
    ]
    return _json({"destinations": rows})


@router.get("/assurance", tags=["assurance"], response_model=schemas.AssuranceBody, responses=refuses(422))
async def get_assurance(
    request: Request, person: Supervisor, days: Annotated[int, Query(ge=1, le=_TEN_YEARS)] = 28
) -> Response:
    """How people and the model do together: agreement of two readers, time per decision, overrides, following."""
    parts = parts_of(request)

    def work() -> assurance.Figures:
        with parts.store.reading() as session:
            return assurance.figures(session, parts.now(), days)

    return _json(await run_in_threadpool(work))


@router.get("/audit", tags=["assurance"], response_class=StreamingResponse, responses=refuses(422))
async def get_audit(request: Request, person: Auditor, reference: Sought = None) -> Response:
    """The record as JSON Lines, of one incident or of all. No narrative is in it. That you read it is recorded."""
    if reference is not None:
        check_reference(reference)
    return StreamingResponse(_audit_lines(parts_of(request), person, reference), media_type="application/jsonl")


def _standing(parts: Parts, reference: str) -> dict[str, Any]:
    with parts.store.reading() as session:
        incident = known(session, reference)
        return {
            "reference": incident.reference,
            "version": incident.version,
            "state": incident.state,
            "decision": incident.decision,
            "escalated": incident.escalated_at is not None,
            "deadline": incident.deadline,
            "changed": incident.updated_at,
        }


def _queue(parts: Parts, person: Person, start: int) -> queue.Page:
    with parts.store.reading() as session:
        return queue.page(session, person, parts.settings, parts.now(), start)


def _take_next(parts: Parts, person: Person) -> str | None:
    with parts.store.writing() as session:
        return queue.take_next(session, person, parts.settings, parts.now())


def _open(parts: Parts, person: Person, reference: str) -> reading.Seen:
    with parts.store.writing() as session:
        return reading.open_incident(session, person, reference, parts.settings, parts.now())


def _audit_lines(parts: Parts, person: Person, reference: str | None) -> Iterator[str]:
    with parts.store.writing() as session:
        audit.append(session, person.name, "record-read", reference, parts.now(), {})
    with parts.store.reading() as session:
        for line in audit.export(session, audit.Filters(reference=reference)):
            yield line + "\n"


def _json(value: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(value, option=orjson.OPT_UTC_Z), headers=headers, media_type="application/json")
