"""Clocks that are set, forwards and back: nothing is lost, nobody is locked out for good, nothing stays deaf."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from model.errors import AccessError
from service.access import Access, given
from service.app import create_app
from service.monitoring.days import Recorder, window
from service.settings import Settings
from service.store import open_store
from service.tokens import digest
from service.weighing import Weighing
from tests.soak.crash import check
from tests.soak.services import make_token

Serve = Callable[[FastAPI], str]
START = datetime(2026, 11, 22, 12, tzinfo=UTC)
CALM = {"text": "hearing voices"}


class Clock:
    """A clock that anybody may set."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def set(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'signpost.db'}"


@pytest.fixture
def address(serve: Serve, scorer: Any, clock: Clock, url: str, tmp_path: Path, token: str) -> str:
    settings = Settings(database=url, profiles=tmp_path, blind_every=0)
    return serve(create_app(settings, scorer, token, clock))


def person(address: str, url: str, name: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {make_token(url, 'reviewer', name)}"}
    return httpx.Client(base_url=address, headers=headers, timeout=60)


def test_a_claim_of_a_clock_that_was_ahead_keeps_nobody_out(address: str, url: str, clock: Clock) -> None:
    with person(address, url, "A") as one, person(address, url, "B") as other:
        one.put("/v1/incidents/X", json=CALM).raise_for_status()
        clock.set(days=1)
        assert one.post("/v1/queue/next").json()["reference"] == "X"
        assert other.post("/v1/queue/next").json()["reference"] is None
        clock.set(days=-1)
        assert other.post("/v1/queue/next").json()["reference"] == "X"
        version = other.post("/v1/incidents/X/open").json()["version"]
        decided = other.post("/v1/incidents/X/decision", json={"version": version, "outcome": "police"})
        assert decided.status_code == 200
    check(url, {("X", 1)})


def test_a_decision_cannot_be_taken_back_for_longer_because_the_clock_was_set_back(
    address: str, url: str, clock: Clock
) -> None:
    with person(address, url, "A") as one:
        for reference, set_back, status in (("X", 3600, 409), ("Y", 5, 200)):
            one.put(f"/v1/incidents/{reference}", json=CALM).raise_for_status()
            version = one.post(f"/v1/incidents/{reference}/open").json()["version"]
            body = {"version": version, "outcome": "police"}
            one.post(f"/v1/incidents/{reference}/decision", json=body).raise_for_status()
            clock.set(seconds=-set_back)
            assert one.delete(f"/v1/incidents/{reference}/decision").status_code == status


def test_the_record_holds_whatever_the_clock_did(address: str, url: str, clock: Clock) -> None:
    with person(address, url, "A") as one:
        for number, hours in enumerate((0, 48, -72, 1, -1, 24)):
            clock.set(hours=hours)
            one.put(f"/v1/incidents/{number}", json=CALM).raise_for_status()
            one.post(f"/v1/incidents/{number}/open").raise_for_status()
        assert {item["reference"] for item in one.get("/v1/queue").json()["items"]} == set("012345")
    check(url, {(str(number), 1) for number in range(6)})


def test_a_sitting_ends_for_a_clock_that_is_ahead_and_goes_on_when_it_is_right_again(
    address: str, clock: Clock, token: str
) -> None:
    with httpx.Client(base_url=address, timeout=60) as browser:
        browser.get("/", params={"token": token})
        assert browser.get("/").status_code == 200
        clock.set(days=1)
        assert browser.get("/").status_code == 401
        clock.set(days=-1)
        assert browser.get("/").status_code == 200


def test_a_clock_that_is_set_back_counts_no_request_for_longer(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio
    import time

    store, real = open_store(url), time.time
    access = Access(store, given([digest("t")], None), Settings(rate_per_token="5/minute"))

    async def busy() -> None:
        for _ in range(5):
            await access.admit("t", "here")
        with pytest.raises(AccessError, match="Too many"):
            await access.admit("t", "here")
        monkeypatch.setattr(time, "time", lambda: real() - 3600)
        await access.admit("t", "here")

    asyncio.run(busy())
    store.close()


def test_the_guarantee_is_still_weighed_after_the_clock_was_set_back(
    address: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime | None] = []
    monkeypatch.setattr("service.weighing.verdicts", lambda session, since, until: asked.append(since) or [])
    store = open_store(url)
    weighing = Weighing(store, None, Settings())  # type: ignore[arg-type]
    weighing.weigh(START)
    weighing.weigh(START + timedelta(hours=1))
    weighing.weigh(START - timedelta(days=1))
    assert asked[0] is None and asked[1] is not None
    assert asked[2] is None  # everything again: the alarm counts each once
    store.close()


def test_a_day_that_comes_twice_loses_no_count(scorer: Any, tmp_path: Path, small_model: Path) -> None:
    from model.artefact import load
    from model.narrative import Narrative

    real, monday = load(small_model), START.date()
    today = [monday]
    recorder = Recorder(tmp_path, lambda: today[0])

    def score() -> None:
        recorder.note(real.score(Narrative.of("hearing voices")))
        recorder._count()

    score()
    today[0] += timedelta(days=1)
    score()
    recorder.write()
    today[0] = monday  # set back over midnight
    score()
    recorder.write()
    today[0] += timedelta(days=1)
    recorder.write()
    assert window(tmp_path, real.version, monday, monday).profile.narratives == 2
