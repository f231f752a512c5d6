"""Logging that can hold no narrative: no message of any exception is ever written, only its type and place."""

import logging
import logging.config
import traceback
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


def configure() -> None:
    """Send our lines and other libraries' warnings to standard error."""
    logging.config.dictConfig(_CONFIG)


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


_LOG: Final = logging.getLogger("signpost.service")
_CONFIG: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": OutlineFormatter, "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"signpost": {"level": "INFO"}},
}
