"""A desk to test: a store, people, a clock that tests move, and short ways to do what people do."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.desk import handovers, incidents, queue, reading, review, second_opinion
from service.desk.decisions import Choice, Outcomes
from service.desk.destinations import read_destinations
from service.person import Person
from service.settings import Settings
from service.store import Store

CALM = "Sister talking to the walls again, no threats."
RISKY = CALM + "\n0417 she has a knife"
DULL = "Caller asks about a parking ticket."
DESTINATIONS = read_destinations()


@dataclass
class Desk:
    """Everything is done by the domain's own functions, one transaction each, at ``now``."""

    store: Store
    scorer: Any
    settings: Settings = field(default_factory=lambda: Settings(blind_every=0, second_reader_share=0))
    now: datetime = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def put(self, reference: str, text: str, expected: int | None = None, sender: str = "cad") -> incidents.Arrival:
        log = incidents.Log(reference, text, sender, expected)
        return incidents.receive(self.store, self.scorer, log, self.settings, self.now)

    def open(self, person: Person, reference: str) -> reading.Seen:
        with self.store.writing() as session:
            return reading.open_incident(session, person, reference, self.settings, self.now)

    def decide(self, person: Person, reference: str, outcome: str, version: int = 1, **choice: Any) -> Outcomes:
        if outcome == "signposted":
            choice.setdefault("destination", "crisis-team")
        with self.store.writing() as session:
            return review.decide(
                session, person, reference, version, Choice(outcome, **choice), self.settings, DESTINATIONS, self.now
            )

    def read_and_decide(self, person: Person, reference: str, outcome: str, **choice: Any) -> Outcomes:
        version = self.open(person, reference).version
        self.later(seconds=20)
        return self.decide(person, reference, outcome, version, **choice)

    def undo(self, person: Person, reference: str) -> str:
        with self.store.writing() as session:
            return review.undo(session, person, reference, self.settings, self.now)

    def answer(self, person: Person, reference: str, accepted: bool, by: str = "Jo, crisis team", why: str = "") -> str:
        with self.store.writing() as session:
            return handovers.answer(session, person, reference, accepted, by, why, self.settings, self.now)

    def read_again(self, person: Person, number: int, outcome: str, **choice: Any) -> Outcomes:
        if outcome == "signposted":
            choice.setdefault("destination", "crisis-team")
        with self.store.writing() as session:
            reading.open_reading(session, person, number, self.settings, self.now)
        with self.store.writing() as session:
            chosen = Choice(outcome, **choice)
            return second_opinion.read_again(session, person, number, chosen, self.settings, DESTINATIONS, self.now)

    def queue(self, person: Person) -> queue.Page:
        with self.store.reading() as session:
            return queue.page(session, person, self.settings, self.now)

    def references(self, person: Person) -> list[str]:
        return [item.reference for item in self.queue(person).items]

    def with_settings(self, **changes: Any) -> "Desk":
        self.settings = Settings(**(self.settings.model_dump() | changes))
        return self


@pytest.fixture
def desk(store: Store, scorer: Any) -> Desk:
    return Desk(store, scorer)


@pytest.fixture
def ann() -> Person:
    return Person("ann", "reviewer")


@pytest.fixture
def ben() -> Person:
    return Person("ben", "reviewer")


@pytest.fixture
def sue() -> Person:
    return Person("sue", "supervisor")


@pytest.fixture
def edited_scorer(scorer: Any) -> Callable[..., Any]:
    """A scorer that answers as the given one does, with fields of every score replaced."""

    def make(**fields: Any) -> Any:
        class Edited(type(scorer)):  # type: ignore[misc]
            def score(self, narrative: Any) -> Any:
                return replace(super().score(narrative), **fields)

        return Edited()

    return make
