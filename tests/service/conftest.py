"""A service to test, always over a real socket: what a client sees is what is tested."""

import contextlib
import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from model.narrative import Narrative
from model.score import Assertion, Because, Decision, LeftOut, Reason, Score
from service.app import create_app
from service.serve import configured
from service.settings import Settings
from service.store import Store, open_store

TOKEN = "a-token-for-tests"


class StandIn:
    """A scorer in miniature, of the real one's shape: each word that it knows is a reason."""

    version = "stand-in-1"
    policy_version = "policy-1"

    def __init__(self, explode: bool = False, reading: bool = False) -> None:
        self._explode = explode
        self._reading = reading

    def score(self, narrative: Narrative) -> Score:
        if self._explode:
            raise ValueError(f"cannot read: {narrative.given}")
        reasons = []
        for phrase, factor, assertion, weight in WORDS:
            for found in re.finditer(re.escape(phrase), narrative.given, re.IGNORECASE):
                start, end = found.span()
                reasons.append(Reason(factor, narrative.given[start:end], start, end, assertion, weight))
        reasons = sorted(reasons, key=lambda reason: -abs(reason.weight))[:8]
        spoken = {reason.factor for reason in reasons if reason.weight > 0}
        police = spoken - {"mental_health"}
        decision: Decision = "pass"
        because, p = Because("below-threshold", "Too unlikely to be mental health only."), 0.08
        stop_cues: tuple[str, ...] = ()
        if police:
            decision, because, p = "review", Because("stop-cue", "Speaks of a weapon or of violence."), 0.41
            stop_cues = ("weapon",)
        elif "mental_health" in spoken:
            decision, because, p = "flag", Because("above-threshold", "Likely enough to be mental health only."), 0.9412
        return Score(
            decision=decision,
            because=(because,),
            confidence=p,
            interval=(max(p - 0.05, 0.0), min(p + 0.03, 1.0)),
            factors={
                "mental_health": 0.9912 if "mental_health" in spoken else 0.12,
                "immediate_risk": 0.02,
                "crime": 0.63 if police else 0.004,
                "police_duty": 0.03,
            },
            reasons=tuple(reasons),
            rest={"mental_health": 0.31, "immediate_risk": -2.2, "crime": -3.1, "police_duty": -2.9},
            model=self.version,
            policy=self.policy_version,
            stop_cues=stop_cues,
        )

    def score_many(self, narratives: list[Narrative]) -> list[Score]:
        return [self.score(narrative) for narrative in narratives]

    def ranges(self, score: Score) -> dict[str, tuple[float, float]]:
        return {name: (p / 2, (1 + p) / 2) for name, p in score.factors.items()}

    def left_out(self, narrative: Narrative) -> tuple[LeftOut, ...]:
        first = narrative.given.partition(",")[0]
        return (LeftOut("mental_health", first, 0, len(first), 1.25),)

    def facts(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "data": {"narratives": 640, "authors": 8},
            "figures": {},
            "thresholds": {"flag": 0.9},
            "guarantee": {"provisional": True, "text": "At most 2% of flags on the training authors were unsafe."},
            "policy": {"version": self.policy_version},
            "reader": {"shares": [0.5] * 5} if self._reading else None,
        }


WORDS: tuple[tuple[str, str, Assertion, float], ...] = (
    ("talking to the walls", "mental_health", "present", 1.712),
    ("to the walls again", "mental_health", "historical", 0.64),
    ("hearing voices", "mental_health", "present", 1.31),
    ("no weapons", "crime", "negated", -0.92),
    ("knife", "crime", "present", 2.2),
    ("would jump if evicted", "immediate_risk", "conditional", -0.31),
    ("OD in March", "immediate_risk", "historical", -0.44),
    ("brother died by suicide", "immediate_risk", "other_person", -0.52),
)


@pytest.fixture(scope="session")
def scorer() -> StandIn:
    """The model that the service is tested with."""
    return StandIn()


@pytest.fixture
def reading_scorer() -> StandIn:
    """A model with a reader beside it."""
    return StandIn(reading=True)


@pytest.fixture
def exploding_scorer() -> StandIn:
    """A model that fails, with the narrative in its exception's message."""
    return StandIn(explode=True)


@pytest.fixture(scope="session", autouse=True)
def _database_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test writes into the project's own database, whatever process it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNPOST_DATABASE", f"sqlite:///{tmp_path_factory.mktemp('database') / 'signpost.db'}")
        yield


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings(single_bytes=200_000, batch_bytes=2_000_000, rate_failures="1000/minute")


@pytest.fixture(scope="session")
def token() -> str:
    return TOKEN


@pytest.fixture(scope="session")
def app(settings: Settings, scorer: StandIn) -> FastAPI:
    return create_app(settings, scorer, TOKEN)


@pytest.fixture(scope="session")
def address(app: FastAPI) -> Iterator[str]:
    """Where the service that the tests share answers."""
    with _serving(app) as address:
        yield address


@pytest.fixture
def serve() -> Iterator[Callable[[FastAPI], str]]:
    """Serves another app on a free port of this machine, for one test, and gives its address."""
    with contextlib.ExitStack() as stack:
        yield lambda app: stack.enter_context(_serving(app))


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[httpx.Client]:
    """A client with the token."""
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {TOKEN}"}) as inside:
        yield inside


@pytest.fixture
def stranger(address: str) -> Iterator[httpx.Client]:
    """A client without a token."""
    with httpx.Client(base_url=address) as outside:
        yield outside


@pytest.fixture
def page(address: str) -> Iterator[httpx.Client]:
    """A browser that has been let in: it holds the page's cookie."""
    with httpx.Client(base_url=address) as browser:
        assert browser.get("/", params={"token": TOKEN}).status_code == 303
        yield browser


@contextlib.contextmanager
def _serving(app: FastAPI) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(configured(app, app.state.parts.settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@contextlib.contextmanager
def fresh_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database: a file of its own, or a schema of its own on the server that is lent."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'signpost.db'}"
        return
    given = os.environ.get("SIGNPOST_TEST_DATABASE_URL")
    if not given:
        pytest.skip("SIGNPOST_TEST_DATABASE_URL names no PostgreSQL database")
    schema = f"test_{secrets.token_hex(6)}"
    admin = create_engine(make_url(given).set(drivername="postgresql+psycopg"))
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        parted = make_url(given).update_query_dict({"options": f"-csearch_path={schema}"})
        yield parted.render_as_string(hide_password=False)
    finally:
        with admin.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, by URL."""
    with fresh_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def other_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Another empty database of each kind."""
    (tmp_path / "other").mkdir()
    with fresh_database(request.param, tmp_path / "other") as url:
        yield url


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """The same, made ready."""
    opened = open_store(database)
    yield opened
    opened.close()
