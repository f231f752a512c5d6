"""Clients that are too slow are not waited for: their connection ends, and costs nobody else anything.

The server by itself waits for ever for the rest of a header, and for ever for somebody to read an answer.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


def patient(seconds: float) -> type[asyncio.Protocol]:
    """The server's side of a connection, which is closed when, for so long, no header is complete that was begun or is
    due, or nothing is read of an answer. A body has a deadline of its own (``bodies.read_body``)."""

    class Patient(HttpToolsProtocol):
        _reading: asyncio.TimerHandle | None = None
        _writing: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)  # type: ignore[arg-type]
            self._expect_header()

        def on_headers_complete(self) -> None:
            self._cease(self._reading)
            super().on_headers_complete()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            # Also where the rest of a body still drips in that was refused unread; not where the next was sent ahead.
            if self.cycle.response_complete:
                self._expect_header()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._writing = self.loop.call_later(seconds, self.transport.abort)

        def resume_writing(self) -> None:
            self._cease(self._writing)
            super().resume_writing()

        def connection_lost(self, exc: Exception | None) -> None:
            self._cease(self._reading)
            self._cease(self._writing)
            super().connection_lost(exc)

        def _expect_header(self) -> None:
            self._cease(self._reading)
            self._reading = self.loop.call_later(seconds, self.transport.abort)

        @staticmethod
        def _cease(timer: asyncio.TimerHandle | None) -> None:
            if timer is not None:
                timer.cancel()

    return Patient
