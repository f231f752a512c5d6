"""Three times as many requests as the service can answer: what happens to those it takes, and to the others?

``python -m tests.soak.overload --models var/models --seconds 10`` (``make overload``)
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from tests.soak.door import Answer, Door
from tests.soak.services import address_of, make_token, start
from training.corpus import NARRATIVES, read_corpus

_CONNECTIONS = 16
_WINDOW = 0.5


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one stretch of requests: the answers, how many never came, how long health took, and how long after
    the last request the last answer came."""

    offered: float
    answers: tuple[Answer, ...]
    unanswered: int
    health: tuple[float, ...]
    drained: float

    def seconds(self, status: int) -> list[float]:
        """How long the answers of one status took."""
        return [answer.seconds for answer in self.answers if answer.status == status]


@dataclass(frozen=True, slots=True)
class Figures:
    """Capacity (answers a second to sixteen connections that each ask again at once) and how long those answers took,
    the loads, seconds until all was as before, memory (MiB) before, at the height and after."""

    capacity: float
    busy: list[float]
    normal: Load
    overload: Load
    recovered: float
    memory: tuple[float, float, float]


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share lies; nothing has no quantile."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


async def measure(address: str, token: str, process: psutil.Process, texts: list[str], seconds: float) -> Figures:
    """The whole run."""
    bodies = [json.dumps({"text": text}).encode() for text in texts]
    door, health = Door(address, token), Door(address)
    await saturate(door, bodies, 1.0)  # warm
    busy = await saturate(door, bodies, seconds)
    capacity = len(busy) / seconds
    normal = await offer(door, health, bodies, capacity / 3, seconds)
    before = memory_of(process)
    seen: list[float] = []
    watching = asyncio.create_task(_watch(process, seen))
    overload = await offer(door, health, bodies, capacity * 3, seconds)
    recovered = await _recover(door, health, bodies, capacity / 3, 2 * quantile(normal.seconds(200), 0.99))
    watching.cancel()
    await door.close()
    await health.close()
    return Figures(capacity, busy, normal, overload, recovered, (before, max(seen), memory_of(process)))


async def saturate(door: Door, bodies: list[bytes], seconds: float) -> list[float]:
    """How long each answer took, when each of sixteen connections asks again as soon as it is answered."""
    until, took = time.perf_counter() + seconds, list[float]()

    async def again(number: int) -> None:
        while time.perf_counter() < until:
            answer = await door.ask("POST", "/v1/score", bodies[(number + len(took)) % len(bodies)])
            if answer.status == 200:
                took.append(answer.seconds)

    await asyncio.gather(*(again(number) for number in range(_CONNECTIONS)))
    return took


async def offer(door: Door, health: Door, bodies: list[bytes], rate: float, seconds: float) -> Load:
    """So many requests a second, whether or not those before are answered; health is asked ten times a second."""
    asked: list[asyncio.Task[Answer]] = []
    lives: list[asyncio.Task[Answer]] = []
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        while len(asked) < passed * rate:
            due = began + len(asked) / rate
            asked.append(
                asyncio.create_task(door.ask("POST", "/v1/score", bodies[len(asked) % len(bodies)], since=due))
            )
        if len(lives) < passed * 10:
            lives.append(asyncio.create_task(health.ask("GET", "/health/live")))
        await asyncio.sleep(0.001)
    ended = time.perf_counter()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    drained = time.perf_counter() - ended
    answered = tuple(answer for answer in answers if isinstance(answer, Answer))
    alive = [live.seconds for live in await asyncio.gather(*lives) if live.status == 200]
    return Load(rate, answered, len(answers) - len(answered), tuple(alive), drained)


async def _recover(door: Door, health: Door, bodies: list[bytes], rate: float, as_before: float) -> float:
    """Seconds of moderate load until, over half a second, every request was taken and as fast as before."""
    began = time.perf_counter()
    while time.perf_counter() - began < 60:
        load = await offer(door, health, bodies, rate, _WINDOW)
        taken = load.seconds(200)
        if len(taken) == len(load.answers) + load.unanswered and quantile(taken, 0.99) <= as_before:
            break
    return time.perf_counter() - began - _WINDOW


async def _watch(process: psutil.Process, seen: list[float]) -> None:
    while True:
        seen.append(memory_of(process))
        await asyncio.sleep(0.2)


def memory_of(process: psutil.Process) -> float:
    """Resident memory in MiB."""
    return float(process.memory_info().rss) / 2**20


def told(figures: Figures) -> str:
    """The figures as a table."""
    normal, over = figures.normal, figures.overload
    taken = quantile(over.seconds(200), 0.99)
    statuses = Counter(answer.status for answer in over.answers)
    refused = over.seconds(503)
    rows = [
        (
            f"at capacity, {_CONNECTIONS} connections: p50, p99",
            f"{figures.capacity:,.0f}/s: {_ms(figures.busy, 0.5)}, {_ms(figures.busy, 0.99)}",
        ),
        ("a third of it: p50, p99", f"{_ms(normal.seconds(200), 0.5)}, {_ms(normal.seconds(200), 0.99)}"),
        ("offered then", f"{over.offered:,.0f}/s"),
        ("answers", ", ".join(f"{count:,} x {status}" for status, count in sorted(statuses.items()))),
        ("never answered", f"{over.unanswered:,}"),
        ("taken: p50, p99", f"{_ms(over.seconds(200), 0.5)}, {_ms(over.seconds(200), 0.99)}"),
        ("p99 of those taken, to that at capacity", f"{taken / quantile(figures.busy, 0.99):.1f} times"),
        ("the same, to a third of capacity", f"{taken / quantile(normal.seconds(200), 0.99):.1f} times"),
        ("refused: p50, p99", f"{_ms(refused, 0.5)}, {_ms(refused, 0.99)}"),
        ("health meanwhile: p50, p99", f"{_ms(over.health, 0.5)}, {_ms(over.health, 0.99)}"),
        ("memory before, highest, after", ", ".join(f"{mib:,.0f} MiB" for mib in figures.memory)),
        ("as before again after", f"{over.drained + figures.recovered:.1f} s"),
    ]
    return "\n".join(f"| {what} | {value} |" for what, value in rows)


def _ms(values: Sequence[float], share: float) -> str:
    return f"{quantile(values, share) * 1000:,.0f} ms"


def main() -> int:
    """Run it by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, help="A registry whose model scores; a stand-in otherwise.")
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    texts = [row.text for row in read_corpus([NARRATIVES])]
    with TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/signpost.db"
        token = make_token(database, "scorer", "overload")
        process = start(database, given.models, SIGNPOST_PROFILES=folder)
        try:
            figures = asyncio.run(
                measure(address_of(process), token, psutil.Process(process.pid), texts, given.seconds)
            )
        finally:
            process.terminate()
            process.wait(timeout=60)
    print(told(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
