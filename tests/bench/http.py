"""``POST /v1/score`` of a 60-word narrative, with reasons, beside an endpoint of the same app that does all the same
but score: requests a second and times at 1, 16 and 64 connections, with one service process and with two.

``python -m tests.bench.http [--quick] [--models FOLDER]``. The client is a process of its own (``tests.bench.load``).
"""

import json
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from model import Narrative, load
from model.scorer import Scorer
from service.tokens import digest
from tests.bench.load import Answered
from tests.bench.measurement import Options, Spread, in_turns, machine, markdown, ratios
from tests.bench.serving import EMPTY, PROGRAM, started
from training.corpus import NARRATIVES, read_corpus

SCORE: Final = "/v1/score"
CONNECTIONS: Final = (1, 16, 64)
WORDS: Final = 60
HEADS: Final = (
    "processes", "connections", "endpoint", "requests/s", "p50, ms", "p99, ms", "processor ms a request",
    "of the empty one's requests/s", "processor time / (empty + one score alone)",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """A turn: what the client saw, and the service's processor seconds a request."""

    answered: Answered
    processor: float


@dataclass(frozen=True, slots=True)
class Services:
    """Services that answer at ``addresses``, with the token that lets in."""

    addresses: list[str]
    processes: list[psutil.Process]
    token: str

    def measure(self, path: str, connections: int, seconds: float, texts: list[str]) -> Measured:
        """Send for so many seconds."""
        headers = f"Authorization: Bearer {self.token}\r\nContent-Type: application/json\r\n"
        given = json.dumps({"headers": headers, "bodies": [json.dumps({"text": text}) for text in texts]})
        command = [sys.executable, "-m", "tests.bench.load", str(connections), str(seconds), path, *self.addresses]
        before = self._processor()
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
        answered = Answered(**json.loads(done.stdout))
        if answered.refused:
            raise RuntimeError(f"{answered.refused} of {answered.number} requests were refused")
        return Measured(answered, (self._processor() - before) / answered.number)

    def _processor(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self.processes)


@contextmanager
def services(number: int, models: Path) -> Iterator[Services]:
    """So many real services, each on a port and a database of its own."""
    token = secrets.token_urlsafe(16)
    with tempfile.TemporaryDirectory() as folder:
        running = [started(PROGRAM, models, f"sqlite:///{folder}/{n}.db", digest(token)) for n in range(number)]
        try:
            addresses = [process.stdout.readline().strip() for process in running if process.stdout]
            if not all(addresses):
                raise RuntimeError("a service did not start")
            yield Services(addresses, [psutil.Process(process.pid) for process in running], token)
        finally:
            for process in running:
                process.terminate()
                process.wait(timeout=30)


def narratives(number: int) -> list[str]:
    """Narratives of the corpus with sixty words, always the same."""
    found = [row.text for row in read_corpus([NARRATIVES]) if len(row.text.split()) == WORDS]
    return found[:number]


def alone(scorer: Scorer, texts: list[str]) -> float:
    """Processor seconds of one score without any HTTP."""
    began = time.process_time()
    for text in texts:
        scorer.score(Narrative.of(text))
    return (time.process_time() - began) / len(texts)


def rows(
    services: Services, scorer: Scorer, connections: int, seconds: float, repeats: int, texts: list[str]
) -> list[list[str]]:
    """The two rows of the table for so many connections."""
    single: list[float] = []

    def measure(path: str) -> Measured:
        if path == SCORE:
            single.append(alone(scorer, texts))
        return services.measure(path, connections, seconds, texts)

    turns = in_turns({path: lambda path=path: measure(path) for path in (EMPTY, SCORE)}, repeats)
    empty, score = turns[EMPTY], turns[SCORE]
    share = ratios([m.answered.per_second for m in score], [m.answered.per_second for m in empty])
    sums = [nothing.processor + one for nothing, one in zip(empty, single, strict=True)]
    work = ratios([m.processor for m in score], sums)
    opening = [str(len(services.addresses)), str(connections)]
    return [
        [*opening, "empty", *_figures(empty), "", ""],
        [*opening, "score", *_figures(score), share.shown(".0%"), work.shown(".2f")],
    ]


def _figures(turns: list[Measured]) -> list[str]:
    return [
        Spread.of([m.answered.per_second for m in turns]).shown(",.0f"),
        Spread.of([m.answered.median for m in turns]).shown(".1f", 1000),
        Spread.of([m.answered.slow for m in turns]).shown(".1f", 1000),
        Spread.of([m.processor for m in turns]).shown(".2f", 1000),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run it by hand."""
    options = Options.of(__doc__, arguments)
    quick, scorer = options.quick, load(options.models)
    texts = narratives(10 if quick else 148)
    alone(scorer, texts)  # the first builds the pipeline
    print(f"POST {SCORE} of {WORDS} words, with reasons; median (least to most); {machine()}\n")
    print(f"One score in process: {alone(scorer, texts) * 1000:.2f} ms of processor time\n")
    found: list[list[str]] = []
    for number in (1,) if quick else (1, 2):
        with services(number, options.models) as running:
            for connections in (1,) if quick else CONNECTIONS:
                found += rows(running, scorer, connections, 0.5 if quick else 4, 1 if quick else 3, texts)
    print(markdown(HEADS, found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
