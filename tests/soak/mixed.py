"""A night in minutes: everything that reaches a service, for long, and what it does to memory, handles and answers.

``python -m tests.soak.mixed --models var/models --minutes 30`` (``make soak MINUTES=30``)
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import httpx
import psutil
from sqlalchemy import select

from model.artefact import current, make_current
from service.record import audit
from service.store import open_store
from service.store.tables import Incident
from tests.soak.door import Answer, Door
from tests.soak.overload import memory_of, quantile
from tests.soak.services import address_of, make_token, start
from training.corpus import NARRATIVES, read_corpus

_SAMPLES = 200
_EXPECTED = {
    "score": {200, 503},
    "batch": {200, 503},
    "incident": {200, 503},
    "page": {200},
    "health": {200},
    "bad request": {400, 401, 404, 405, 413, 415, 422, 503},
    "slow client": {0},  # closed without an answer, or answered that it was too slow
    "burst": {200, 503},
    "after a burst": {200},
}


@dataclass
class Night:
    """What happened: seconds by kind and status, what must not happen, how long each burst was felt, (seconds, MiB,
    handles) from begin to end, and what was acknowledged."""

    took: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    unexpected: list[str] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    samples: list[tuple[float, float, int]] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    took_over: int = 0
    stopped: float = 0.0

    def note(self, kind: str, answer: Answer) -> Answer:
        """Keep one answer."""
        self.took[kind, answer.status].append(answer.seconds)
        if answer.status not in _EXPECTED[kind]:
            self.unexpected.append(f"{kind}: {answer.status} {answer.body[:200]!r}")
        return answer


@dataclass(frozen=True)
class House:
    """What the load is made of: doors by token, the narratives, the registry and the names of its two models."""

    machine: Door
    person: Door
    stranger: Door
    texts: list[str]
    registry: Path
    names: tuple[str, ...]
    pace: float
    patience: float
    draw: random.Random


async def soak(house: House, process: psutil.Process, night: Night, seconds: float) -> None:
    """Let it all go on for so long."""
    began = time.perf_counter()
    kinds: list[tuple[Callable[[House, Night], Awaitable[None]], float]] = [
        (_score, 0.5),
        (_batch, 0.02),
        (_incident, 0.2),
        (_look, 0.2),
        (_mistake, 0.1),
        (_health, 0.2),
        (_drip, 0.02),
    ]
    tasks = [asyncio.create_task(_now_and_then(kind, share, house, night)) for kind, share in kinds]
    tasks.append(asyncio.create_task(_bursts(house, night, max(seconds / 10, 8))))
    if len(house.names) > 1:
        tasks.append(asyncio.create_task(_replace(house, max(seconds / 8, 6))))
    while (passed := time.perf_counter() - began) < seconds:
        night.samples.append((passed, memory_of(process), process.num_fds()))
        await asyncio.sleep(seconds / _SAMPLES)
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            night.unexpected.append(f"{type(ended).__name__}: {ended}")
    night.samples.append((time.perf_counter() - began, memory_of(process), process.num_fds()))


async def _now_and_then(
    kind: Callable[[House, Night], Awaitable[None]], share: float, house: House, night: Night
) -> None:
    while True:
        await asyncio.sleep(house.draw.expovariate(house.pace * share))
        await kind(house, night)


def _body(house: House) -> bytes:
    return json.dumps({"text": house.draw.choice(house.texts)}).encode()


async def _score(house: House, night: Night) -> None:
    night.note("score", await house.machine.ask("POST", "/v1/score", _body(house)))


async def _batch(house: House, night: Night) -> None:
    items = [{"text": house.draw.choice([*house.texts[:50], ""])} for _ in range(house.draw.randrange(2, 60))]
    body = json.dumps({"items": items}).encode()
    answer = night.note("batch", await house.machine.ask("POST", "/v1/score/batch", body))
    if answer.status == 200 and len(json.loads(answer.body)["results"]) != len(items):
        night.unexpected.append("a batch came back with fewer items than it had")


async def _incident(house: House, night: Night) -> None:
    reference = f"soak-{house.draw.randrange(100_000)}"
    answer = night.note("incident", await house.machine.ask("PUT", f"/v1/incidents/{reference}", _body(house)))
    if answer.status == 200:
        night.acknowledged[reference] = json.loads(answer.body)["version"]


async def _look(house: House, night: Night) -> None:
    path = house.draw.choice(["/", "/queue", "/guide", "/static/signpost.css", "/assurance"])
    night.note("page", await house.person.ask("GET", path))


async def _mistake(house: House, night: Night) -> None:
    ways = [
        (house.machine, "POST", "/v1/score", b"{"),
        (house.machine, "POST", "/v1/score", b'{"text": ""}'),
        (house.machine, "POST", "/v1/score", b'{"text": 7}'),
        (house.machine, "POST", "/v1/score/batch", b'{"items": {}}'),
        (house.machine, "GET", "/v1/nothing", b""),
        (house.machine, "DELETE", "/v1/score", b""),
        (house.machine, "POST", "/v1/score", b'{"text": "' + b"x" * 3_000_000),
        (house.stranger, "POST", "/v1/score", b'{"text": "no token"}'),
    ]
    door, method, path, body = house.draw.choice(ways)
    # The refusal of a long body may end the connection while it is still being sent.
    with suppress(ConnectionError):
        night.note("bad request", await door.ask(method, path, body))


async def _health(house: House, night: Night) -> None:
    night.note("health", await house.stranger.ask("GET", house.draw.choice(["/health/live", "/health/ready"])))


async def _drip(house: House, night: Night) -> None:
    """Half a header, then nothing: the service must end it."""
    reader, writer = await house.stranger.open()
    began = time.perf_counter()
    writer.write(b"POST /v1/score HTTP/1.1\r\nHost: x\r\n")
    try:
        async with asyncio.timeout(house.patience * 4 + 10):
            with suppress(ConnectionError):
                await reader.read()
        night.note("slow client", Answer(0, {}, b"", time.perf_counter() - began))
    except TimeoutError:
        night.unexpected.append("a slow client was waited for")
    finally:
        writer.close()


async def _bursts(house: House, night: Night, every: float) -> None:
    """Now and then two hundred at once; then, every fifth of a second, one that should not feel it."""
    while True:
        await asyncio.sleep(every)
        crowd = [asyncio.create_task(house.machine.ask("POST", "/v1/score", _body(house))) for _ in range(200)]
        for ended in await asyncio.gather(*crowd):
            night.note("burst", ended)
        began = time.perf_counter()
        while (await house.machine.ask("POST", "/v1/score", _body(house))).status != 200:
            await asyncio.sleep(0.02)
        night.recoveries.append(time.perf_counter() - began)
        for _ in range(5):
            await asyncio.sleep(0.2)
            night.note("after a burst", await house.machine.ask("POST", "/v1/score", _body(house)))


async def _replace(house: House, every: float) -> None:
    while True:
        for name in house.names[::-1]:
            await asyncio.sleep(every)
            make_current(house.registry, name)


def _stop(process: subprocess.Popen[str]) -> float:
    """Seconds until it had ended."""
    began = time.perf_counter()
    process.terminate()
    try:
        process.wait(timeout=300)
    finally:
        process.kill()
    return time.perf_counter() - began


def lost(database: str, night: Night) -> list[str]:
    """References that were acknowledged and are not there; the record is read through.

    Raises:
        StoreError: the record does not hold.
    """
    store = open_store(database)
    with store.reading() as session:
        audit.verify(session)
        there = {row.reference: row.version for row in session.execute(select(Incident.reference, Incident.version))}
    store.close()
    return [reference for reference, version in night.acknowledged.items() if there.get(reference, 0) < version]


def slope(samples: list[tuple[float, float, int]]) -> float:
    """MiB an hour, by least squares over the last nine tenths."""
    late = [(at, mib) for at, mib, _ in samples[len(samples) // 10 :]]
    middle, height = sum(at for at, _ in late) / len(late), sum(mib for _, mib in late) / len(late)
    spread = sum((at - middle) ** 2 for at, _ in late)
    return 3600 * sum((at - middle) * (mib - height) for at, mib in late) / spread if spread else 0.0


def told(night: Night) -> str:
    """The figures as a table."""
    rows = ["| what | answers | p50 | p99 |", "|---|---|---|---|"]
    for (kind, status), took in sorted(night.took.items()):
        said = f"{kind}, {status or 'closed'}"
        half, most = (f"{quantile(took, share) * 1000:,.0f} ms" for share in (0.5, 0.99))
        rows.append(f"| {said} | {len(took):,} | {half} | {most} |")
    begin, tenth, end = night.samples[0], night.samples[len(night.samples) // 10], night.samples[-1]
    rows += [
        "",
        f"memory at the start, after a tenth, at the end: {begin[1]:,.0f}, {tenth[1]:,.0f}, {end[1]:,.0f} MiB; "
        f"slope after the first tenth {slope(night.samples):+,.1f} MiB an hour",
        f"file handles at the start, highest, at the end: {begin[2]}, {max(s[2] for s in night.samples)}, {end[2]}",
        f"another model took over while it ran: {night.took_over} times",
        f"bursts of 200: {len(night.recoveries)}; the first taken again after "
        f"{max(night.recoveries, default=0) * 1000:,.0f} ms at most",
        f"stopped within {night.stopped:.1f} s",
        f"acknowledged incidents: {len(night.acknowledged):,}",
        f"unexpected: {len(night.unexpected)}",
        *(f"  {what}" for what in night.unexpected[:20]),
    ]
    return "\n".join(rows)


def run(models: Path, folder: Path, seconds: float, pace: float, seed: int = 7) -> Night:
    """One service on a store of its own, and what came of the night; errors in its log count as unexpected."""
    database = f"sqlite:///{folder / 'signpost.db'}"
    registry, name = folder / "models", current(models).name
    copytree(models / name, registry / name)
    copytree(models / name, registry / f"{name}-again")
    make_current(registry, name)
    machine, person = make_token(database, "scorer", "soak"), make_token(database, "administrator", "soak-person")
    night, patience = Night(), min(5.0, seconds / 6)
    log = folder / "log"
    with log.open("w") as errors:
        process = start(
            database,
            registry,
            errors,
            SIGNPOST_PROFILES=str(folder / "profiles"),
            SIGNPOST_PROFILE_SECONDS="2",
            SIGNPOST_WEIGH_SECONDS="2",
            SIGNPOST_MODEL_SECONDS="0.5",
            SIGNPOST_PATIENCE_SECONDS=str(patience),
        )
        try:
            address = address_of(process)
            cookie = httpx.get(address, params={"token": person}, timeout=60).headers["set-cookie"].partition(";")[0]
            house = House(
                machine=Door(address, machine),
                person=Door(address, cookie=cookie),
                stranger=Door(address),
                texts=[row.text for row in read_corpus([NARRATIVES])],
                registry=registry,
                names=(name, f"{name}-again"),
                pace=pace,
                patience=patience,
                draw=random.Random(seed),
            )
            asyncio.run(soak(house, psutil.Process(process.pid), night, seconds))
        finally:
            night.stopped = _stop(process)
    said = log.read_text()
    night.took_over = said.count(" took over")
    night.unexpected += [line for line in said.splitlines() if " ERROR " in line or " CRITICAL " in line]
    night.unexpected += [f"lost: {reference}" for reference in lost(database, night)]
    return night


def main() -> int:
    """Run it by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="A registry with a current model.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--pace", type=float, default=40, help="Requests a second, all kinds together, bursts apart.")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        night = run(given.models, Path(folder), given.minutes * 60, given.pace)
    print(told(night))
    return 1 if night.unexpected else 0


if __name__ == "__main__":
    sys.exit(main())
