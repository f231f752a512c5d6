"""Logging that can hold no narrative: no message of any exception is ever written, only its type and place."""

import atexit
import logging
import os
import sys
import threading
import time
import traceback
from contextlib import suppress
from logging.handlers import QueueHandler
from queue import Full, Queue
from types import TracebackType
from typing import Any, Final

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def outline(error: BaseException) -> str:
    """An exception as type, places and causes. Its message is left out: it may quote what was being read."""
    lines = [_type_name(error)]
    for frame, line in traceback.walk_tb(error.__traceback__):
        lines.append(f"  {frame.f_code.co_filename}:{line} in {frame.f_code.co_name}")
    if isinstance(error, BaseExceptionGroup):
        lines.extend(f"  with {outline(inner)}" for inner in error.exceptions)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        lines.append(f"after {outline(cause)}")
    return "\n".join(lines)


class OutlineFormatter(logging.Formatter):
    """Writes exceptions as outlines, whichever library logs them."""

    def formatException(self, ei: ExcInfo) -> str:
        """The outline of the exception being logged."""
        return outline(ei[1]) if ei[1] is not None else ""


def quieten_loop(loop: Any, context: dict[str, Any]) -> None:
    """Asyncio's handler for what nobody awaited. Its own one prints the exception's message."""
    error = context.get("exception")
    _LOG.error("unhandled in the event loop: %s", outline(error) if error is not None else "no exception")


class Unhurried(QueueHandler):
    """Leaves the writing to a thread, and lines that find no room unwritten: whoever keeps the log may be stuck or out
    of disk, and neither a score nor the end of the process waits for that. While it writes, the thread holds no
    lock of a stream."""

    def __init__(self, into: int, most: int = 10_000) -> None:
        self._lines: Queue[logging.LogRecord] = Queue(most)
        super().__init__(self._lines)
        self._unwritten = 0
        self._into = into
        threading.Thread(target=self._write, name="log", daemon=True).start()
        atexit.register(self._finish)

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """As it is: it does not leave the process."""
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put it where the thread finds it, if there is room."""
        try:
            if self._unwritten:
                said = "%d lines of the log found no room and are lost"
                self._lines.put_nowait(_LOG.makeRecord(_LOG.name, logging.ERROR, "", 0, said, (self._unwritten,), None))
                self._unwritten = 0
            self._lines.put_nowait(record)
        except Full:
            self._unwritten += 1

    def _write(self) -> None:
        while True:
            record = self._lines.get()
            with suppress(Exception):  # neither disks nor a library's odd message end the log
                os.write(self._into, f"{self.format(record)}\n".encode(errors="backslashreplace"))
            self._lines.task_done()

    def _finish(self) -> None:
        """Give the thread a moment for what is left."""
        patience = time.monotonic() + 1
        while self._lines.unfinished_tasks and time.monotonic() < patience:
            time.sleep(0.01)


def configure() -> None:
    """Send our lines and other libraries' warnings to standard error."""
    logging.raiseExceptions = False  # a line that cannot be written is not told to the same place
    handler = Unhurried(sys.stderr.fileno())
    handler.setFormatter(OutlineFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("signpost").setLevel(logging.INFO)


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


_LOG: Final = logging.getLogger("signpost.service")
