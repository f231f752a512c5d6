"""Sample incidents for newcomers: an empty store filled with a night's work, by the same steps that people take.

Every reference begins with ``SAMPLE-``, so that nobody takes one for a call.
"""

import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from model.errors import ReviewError
from service.desk import handovers, incidents, reading, review, second_opinion, second_readings
from service.desk.decisions import Choice
from service.desk.destinations import Destinations
from service.person import Person
from service.readiness import Scorer
from service.record import audit
from service.settings import Settings
from service.store import Store
from service.store.tables import Incident

PREFIX: Final = "SAMPLE-"
_NIGHT: Final = Path(__file__).parent / "samples.toml"
_READING: Final = timedelta(seconds=25)
"""How long sample people read before they decide."""


def present(session: Session) -> bool:
    """Whether the store holds samples: they are only ever put into an empty one, so the first incident tells."""
    first = session.scalar(select(Incident.reference).order_by(Incident.id).limit(1))
    return first is not None and first.startswith(PREFIX)


def fill(store: Store, scorer: Scorer, settings: Settings, destinations: Destinations, now: datetime) -> int:
    """Put the samples into a store in which nothing has ever happened, and give how many steps were taken: 0, and
    nothing changed, where something has. A step that this model's scores leave no room for is left out."""
    with store.reading() as session:
        if audit.head(session).entries or session.scalar(select(Incident.id).limit(1)) is not None:
            return 0
    night = tomllib.loads(_NIGHT.read_text(encoding="utf-8"))["sample"]
    steps = [
        (step["ago"], number, place)
        for number, sample in enumerate(night)
        for place, step in enumerate(sample["steps"])
    ]
    taken = 0
    for ago, number, place in sorted(steps, key=lambda step: (-step[0], step[1:])):
        work = _step(night[number], place, scorer, settings, destinations, now - timedelta(minutes=ago))
        try:
            work(store)
            taken += 1
        except ReviewError:
            continue
    return taken


def _step(
    sample: dict[str, Any],
    place: int,
    scorer: Scorer,
    settings: Settings,
    destinations: Destinations,
    at: datetime,
) -> Callable[[Store], object]:
    """What one step does to a store."""
    reference, step = f"{PREFIX}{sample['name']}", sample["steps"][place]
    if "log" in step:
        drawn = {"blind_every": int("blind" in sample), "second_reader_share": float("twice" in sample)}
        text = "".join(earlier.get("log", "") for earlier in sample["steps"][: place + 1])
        log = incidents.Log(reference, text, "samples")
        return lambda store: incidents.receive(store, scorer, log, settings.model_copy(update=drawn), at)
    person = Person(step["who"], "reviewer")

    def work(session: Session) -> object:
        if "answer" in step:
            accepted, by, why = step["answer"] == "accepted", step.get("by", ""), step.get("why", "")
            return handovers.answer(session, person, reference, accepted, by, why, settings, at)
        choice = Choice(step.get("outcome") or step["second"], step.get("to"), step.get("why", ""))
        if "outcome" in step:
            version = reading.open_incident(session, person, reference, settings, at - _READING).version
            return review.decide(session, person, reference, version, choice, settings, destinations, at)
        numbers = [open_.id for open_ in second_readings.open_to(session, person) if open_.reference == reference]
        if not numbers:
            raise ReviewError("reading-unknown", "There is no second reading of this sample.")
        reading.open_reading(session, person, numbers[0], settings, at - _READING)
        return second_opinion.read_again(session, person, numbers[0], choice, settings, destinations, at)

    def do(store: Store) -> object:
        with store.writing() as session:
            return work(session)

    return do
