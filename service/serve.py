"""Serve on a port: the command behind ``make run``."""

import asyncio
import errno
import gc
import math
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import Any

import uvicorn
from fastapi import FastAPI

from model.errors import SignpostError
from service import logs
from service.app import create_app
from service.memory import few_arenas
from service.parts import Parts
from service.patience import patient
from service.readiness import Scorer
from service.settings import Settings
from service.tokens import mint


def run(settings: Settings, scorer: Scorer | None = None) -> int:
    """Serve until stopped, and return the exit status.

    The page's address is printed on standard output once the model is loaded, or could not be; all else that the
    service says goes to standard error.
    """
    try:
        listener = _listen(settings.host, settings.port)
    except OSError as error:
        print(_explain(error, settings), file=sys.stderr)
        return 1
    few_arenas()
    logs.configure()
    token = mint() if settings.mint_token else None
    try:
        app = create_app(settings, scorer, token)
    except SignpostError as error:
        listener.close()
        print(f"{error.detail} [{error.code}]", file=sys.stderr)
        return 1
    config = configured(app, settings)
    address = _address(settings.host, listener.getsockname()[1], token)
    if threading.current_thread() is threading.main_thread():
        # After it has finished what it accepted, the server raises again what stopped it: an end like any other.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_serve(uvicorn.Server(config), listener, app.state.parts, address))
    except KeyboardInterrupt:
        pass
    return 0


async def _serve(server: uvicorn.Server, listener: socket.socket, parts: Parts, address: str) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    if hasattr(signal, "SIGHUP"):
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, parts.renewal.ask)
    settled = asyncio.create_task(parts.readiness.settled.wait())
    await asyncio.wait({serving, settled}, return_when=asyncio.FIRST_COMPLETED)
    gc.freeze()  # what the start built stays: no later look for what may go passes over it, nor stops a request for it
    gc.enable()
    if settled.done():
        # A whole line at once, flushed: whoever reads it, a person or a script, can go there. Nobody has to.
        with suppress(OSError):
            print(address, flush=True)
    settled.cancel()
    await serving


def configured(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How the server behind the app is to behave."""
    return uvicorn.Config(
        app,
        http=patient(settings.patience_seconds),
        timeout_graceful_shutdown=math.ceil(settings.stop_seconds),
        log_config=None,
        access_log=False,  # uvicorn's own writes query strings; ours does not
        server_header=False,
        **_proxies(settings),
    )


def _proxies(settings: Settings) -> dict[str, Any]:
    """Whose word is believed on where a request came from: nobody's, unless the settings name a proxy."""
    if settings.forwarded_from is None:
        return {"proxy_headers": False}
    return {"proxy_headers": True, "forwarded_allow_ips": settings.forwarded_from}


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything slow happens, so that a port in use is said at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Lets a restart take the port while the last connections of the one before are still closing.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _explain(error: OSError, settings: Settings) -> str:
    host, port = settings.host, settings.port
    match error.errno:
        case errno.EADDRINUSE:
            other = port + 1 if port < 65535 else 8000
            return f"Port {port} on {host} is in use. Stop what uses it, or take another: make run PORT={other}"
        case errno.EACCES:
            return f"Port {port} on {host} is not allowed to this user. Take one above 1023: make run PORT=8000"
        case _:
            return f"Signpost cannot listen on {host}, port {port}: {error.strerror}. Set SIGNPOST_HOST and PORT=."


def _address(host: str, port: int, token: str | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")
