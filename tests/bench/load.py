"""Requests over kept connections, each sent when the answer before it is there: a process of its own, with so little
work a request that the server is what is measured.

``python -m tests.bench.load CONNECTIONS SECONDS PATH ADDRESS …``; the headers to add and the bodies come as JSON on
standard input, the figures go as JSON to standard output.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Final, cast
from urllib.parse import urlsplit

import uvloop

_WARMING: Final = 0.3
"""Share of the time that is not counted: connections open, caches fill."""

_LENGTH: Final = b"content-length: "
_END: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back: requests a second, the median and the 99th percentile of their seconds, and the number of all,
    those that warmed up among them. ``refused`` counts answers other than 200."""

    per_second: float
    median: float
    slow: float
    number: int
    refused: int


@dataclass
class _Tally:
    begin: float
    end: float
    seconds: list[float] = field(default_factory=list)
    number: int = 0
    refused: int = 0


class _Connection(asyncio.Protocol):
    def __init__(self, requests: list[bytes], first: int, tally: _Tally) -> None:
        self._requests, self._next, self._tally = requests, first, tally
        self._held = b""
        self._sent = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is no subclass of it
        self._send()

    def data_received(self, data: bytes) -> None:
        self._held += data
        head = self._held.find(_END)
        if head < 0:
            return
        at = self._held.find(_LENGTH) + len(_LENGTH)
        if len(self._held) < head + len(_END) + int(self._held[at : self._held.find(b"\r", at)]):
            return
        self._note(self._held[9:12])
        self._held = b""
        if time.perf_counter() < self._tally.end:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _send(self) -> None:
        self._next = (self._next + 1) % len(self._requests)
        self._sent = time.perf_counter()
        self._transport.write(self._requests[self._next])

    def _note(self, status: bytes) -> None:
        tally, now = self._tally, time.perf_counter()
        tally.number += 1
        tally.refused += status != b"200"
        if tally.begin <= self._sent and now <= tally.end:
            tally.seconds.append(now - self._sent)


async def send(addresses: list[str], connections: int, seconds: float, requests: list[bytes]) -> Answered:
    """Send from so many connections, shared out among the addresses."""
    now = time.perf_counter()
    tally = _Tally(now + _WARMING * seconds, now + seconds)
    loop = asyncio.get_running_loop()
    opened = []
    for number in range(connections):
        place = urlsplit(addresses[number % len(addresses)])
        first = number * len(requests) // connections
        _, connection = await loop.create_connection(
            lambda first=first: _Connection(requests, first, tally), place.hostname, place.port
        )
        opened.append(connection.done)
    await asyncio.gather(*opened)
    ordered = sorted(tally.seconds)
    share = [ordered[int(len(ordered) * part)] if ordered else float("nan") for part in (0.5, 0.99)]
    return Answered(len(ordered) / (tally.end - tally.begin), *share, tally.number, tally.refused)


def main() -> int:
    """Run it as a process."""
    connections, seconds, path, *addresses = sys.argv[1:]
    given = json.load(sys.stdin)
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\n{given['headers']}"
    requests = [f"{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode() for body in given["bodies"]]
    print(json.dumps(asdict(uvloop.run(send(addresses, int(connections), float(seconds), requests)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
