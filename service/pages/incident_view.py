"""An incident in the shapes of its page: the log by entries with its marks, the score, and what can be done now."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from model import entries
from model.narrative import LONGEST, Narrative
from model.score import Because, Reason, Score
from service.desk.destinations import Destinations
from service.desk.reading import Offered, Seen
from service.pages import entrance
from service.pages.entrance import Visitor
from service.pages.transactions import writing
from service.pages.view import Answer, Piece, answer, pieces
from service.parts import parts_of
from service.readiness import Readiness, Scorer
from service.record import audit

_LETTERS: Final = "abcdefghijklmoprstvwxyz"  # without n, q, u: they do something else
_MANY: Final = 3
"""From so many entries on, the newest stands above the log as well: it may be far down."""


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry of the log, cut at the borders of its reasons."""

    pieces: tuple[Piece, ...]
    new: bool
    newest: bool


@dataclass(frozen=True, slots=True)
class Service:
    """A service to choose, with the key that chooses it (none for the 24th and further)."""

    id: str
    name: str
    area: str
    hours: str
    open: bool
    key: str


@dataclass(frozen=True, slots=True)
class View:
    """``answer`` is ``None`` where the look is blind; ``offer`` the hand-over that nobody has answered; ``newest`` the
    newest entry of a long log."""

    seen: Seen
    answer: Answer | None
    entries: tuple[EntryView, ...]
    newest: EntryView | None
    offer: Offered | None
    can_decide: bool


def view(seen: Seen, readiness: Readiness) -> View:
    """The page's view of what somebody sees. A reader is asked what it took from each clause, which takes a while."""
    answered = _answered(_score(seen.score), seen.text or "", readiness) if seen.score is not None else None
    log = _log(seen, answered)
    return View(
        seen=seen,
        answer=answered,
        entries=log,
        newest=next((entry for entry in log if entry.newest), None) if len(log) >= _MANY else None,
        offer=next((h for h in reversed(seen.handovers) if h.answer is None), None) if seen.reading is None else None,
        can_decide=seen.reading is not None
        or (seen.state in ("waiting", "handed-over") and seen.held_by is None and seen.text is not None),
    )


def services(destinations: Destinations, zone: ZoneInfo, now: datetime) -> tuple[Service, ...]:
    """The force's list, in its order, with the keys."""
    return tuple(
        Service(d.id, d.name, d.area, d.hours, d.is_open(now, zone), _LETTERS[place : place + 1])
        for place, d in enumerate(destinations.all)
    )


def _score(body: Mapping[str, Any]) -> Score:
    """The score back from the contract's object, as the store keeps it."""
    low, high = body["interval"]
    return Score(
        decision=body["decision"],
        because=tuple(Because(**because) for because in body["because"]),
        confidence=body["confidence"],
        interval=(low, high),
        factors=body["factors"],
        reasons=tuple(Reason(**reason) for reason in body.get("reasons", ())),
        rest=body.get("rest", {}),
        model=body["model"],
        policy=body["policy"],
    )


def _answered(score: Score, text: str, readiness: Readiness) -> Answer:
    scorer = _scorer(score, readiness)
    if scorer and scorer.facts().get("reader") and 0 < len(text) <= LONGEST:
        score = replace(score, left_out=scorer.left_out(Narrative.of(text)))
    return answer(text, score, scorer)


def _scorer(score: Score, readiness: Readiness) -> Scorer | None:
    """The model that scored, unless another one is loaded by now."""
    if not readiness.ready:
        return None
    scorer = readiness.scorer()
    return scorer if scorer.version == score.model else None


def _log(seen: Seen, answered: Answer | None) -> tuple[EntryView, ...]:
    text = seen.text
    if text is None or not seen.entries:
        return ()
    backwards = entries.newest_first(entries.stamps(text))
    newest = seen.entries[0 if backwards else -1]
    borders = [entry.start for entry in seen.entries]
    found = []
    cut = pieces(text, answered.given if answered else (), answered.reasons if answered else (), borders)
    for entry in seen.entries:
        own = tuple(piece for piece in cut if entry.start <= piece.start < entry.end)
        found.append(EntryView(own, entry.new, entry is newest))
    return tuple(found)


async def show_opened(
    request: Request,
    visitor: Visitor,
    opened: Callable[[Session], Seen],
    now: datetime,
    status: int = 200,
    fields: dict[str, str] | None = None,
    faults: dict[str, str] | None = None,
) -> Response:
    """The page of an incident that ``opened`` gives this visitor to read, the form as sent and with its faults."""
    parts = parts_of(request)

    def work(session: Session) -> tuple[Seen, int]:
        return opened(session), audit.head(session).entries

    seen, end = await writing(request, work)
    return entrance.show(
        request,
        "incident.html",
        status,
        visitor,
        view=await run_in_threadpool(view, seen, parts.readiness),
        end=end,
        services=services(parts.destinations, parts.settings.timezone, now),
        names=parts.destinations.names(),
        undo_seconds=parts.settings.undo_seconds,
        fields=defaultdict(str, fields or {}),
        faults=faults or {},
    )
