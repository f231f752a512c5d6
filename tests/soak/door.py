"""A client that costs little, so that what is measured is the service: HTTP/1.1 over connections that are kept."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlsplit

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and how long after it was asked for."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


class Door:
    """One service's address. At most ``most`` connections are open; who finds none free waits, and that time counts."""

    def __init__(self, address: str, token: str = "", cookie: str = "", most: int = 1000) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._head = f"Host: {self._host}\r\n"
        self._head += f"Authorization: Bearer {token}\r\n" if token else ""
        self._head += f"Cookie: {cookie}\r\n" if cookie else ""
        self._free: deque[Streams] = deque()
        self._places = asyncio.Semaphore(most)

    async def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json", since: float | None = None
    ) -> Answer:
        """One request; timed from ``since``, when it should have been sent, if that is given.

        Raises:
            OSError: the service closed the connection without an answer.
        """
        began = time.perf_counter() if since is None else since
        head = f"{method} {path} HTTP/1.1\r\n{self._head}"
        if body:
            head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        async with self._places:
            status, headers, content = await self._exchange(f"{head}\r\n".encode() + body)
        return Answer(status, headers, content, time.perf_counter() - began)

    async def open(self) -> Streams:
        """A connection of one's own."""
        return await asyncio.open_connection(self._host, self._port)

    async def close(self) -> None:
        """Close what is kept."""
        while self._free:
            self._free.pop()[1].close()

    async def _exchange(self, message: bytes) -> tuple[int, dict[str, str], bytes]:
        reader, writer = self._free.pop() if (kept := bool(self._free)) else await self.open()
        try:
            writer.write(message)
            status, headers, content = await read_answer(reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            writer.close()
            # The service closes what was idle for seconds: another connection then, as every client does.
            if kept and not getattr(error, "partial", b""):
                return await self._exchange(message)
            raise ConnectionError("closed without an answer") from error
        if headers.get("connection") == "close":
            writer.close()
        else:
            self._free.append((reader, writer))
        return status, headers, content


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the next answer on a connection."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    if headers.get("transfer-encoding") == "chunked":
        content = b""
        while size := int((await reader.readline()).strip(), 16):
            content += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    else:
        content = await reader.readexactly(int(headers.get("content-length", 0)))
    return int(first.split()[1]), headers, content
