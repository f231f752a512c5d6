"""Around every request: its line in the access log, its time in the metrics, and the last resort."""

import logging
import time
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.logs import outline
from service.metrics import Metrics, known_method
from service.problems import internal_error

_ACCESS: Final = logging.getLogger("signpost.access")
_LOG: Final = logging.getLogger("signpost.service")
_CLIENT_GONE: Final = 499


class Observing:
    """The outermost of our layers but for the security headers.

    The log line names the route's template, never the address: addresses can hold a token, and what somebody
    typed. An exception that nobody foresaw ends here, as its outline in the log and a problem document, because the
    server would log its message, which may quote a narrative.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status: int | None = None

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            status = _CLIENT_GONE
        except Exception as error:
            _LOG.error("unforeseen in %s %s\n%s", known_method(scope["method"]), _route(scope), outline(error))
            self._metrics.count_error("internal-error")
            if status is None:
                await internal_error()(scope, receive, watch)
        self._note(scope, status or 500, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = known_method(scope["method"]), _route(scope)
        self._metrics.time_request(method, route, status, seconds)
        # Orchestrators ask for health every few seconds; the rest of the log should not drown in it.
        level = logging.DEBUG if route.startswith("/health/") else logging.INFO
        _ACCESS.log(level, "%s %s %d %.1f ms", method, route, status, seconds * 1000)


def _route(scope: Scope) -> str:
    """The template of the route that took the request, such as ``/v1/incidents/{reference}``."""
    path: str = getattr(scope.get("route"), "path", None) or "unmatched"
    return path.replace(":path}", "}")
