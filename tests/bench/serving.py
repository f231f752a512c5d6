"""The real service as a process of its own, with two routes more that the benches need: one that does all that scoring
asks for but score, and one that says what the process has imported.

``python -m tests.bench.serving``: settings from the environment, as ``signpost serve``.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from service import routes, schemas, serve
from service.bodies import item_of, parse_object, read_json
from service.doors import needs
from service.parts import parts_of
from service.settings import Settings

PROGRAM: Final = "tests.bench.serving"
EMPTY: Final = "/bench/empty"
IMPORTED: Final = "/bench/imported"
_OURS: Final = frozenset({"model", "service", "signpost", "tests", "training"})


def add_to(router: APIRouter) -> None:
    """Add the two routes beside those of the scores."""

    @router.post(EMPTY, dependencies=[Depends(needs("score"))], response_model=schemas.Health)
    async def empty(request: Request) -> Response:
        parts = parts_of(request)
        parts.readiness.scorer()
        item_of(parse_object(await read_json(request, parts.settings.single_bytes)))
        return Response(b'{"status":"live"}', media_type="application/json")

    @router.get(IMPORTED)
    async def imported() -> list[str]:
        return [name for name in list(sys.modules) if name.partition(".")[0] not in _OURS]


def started(program: str, models: Path, database: str, token_sha256: str) -> subprocess.Popen[str]:
    """A service that has been started, this module's or ``signpost serve``; its address is the first line that it
    prints."""
    settings = {
        "SIGNPOST_MODELS": str(models),
        "SIGNPOST_DATABASE": database,
        "SIGNPOST_TOKEN_SHA256": token_sha256,
        "SIGNPOST_MINT_TOKEN": "false",
        "SIGNPOST_RATE_PER_TOKEN": "10000000/minute",
        "SIGNPOST_PORT": "0",
    }
    return python(["-m", *program.split()], settings)


def python(arguments: list[str], settings: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """A Python process that works as an installed one does: on one core, and keeping what it has compiled."""
    environment = os.environ | (settings or {}) | {"OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def main() -> int:
    """Run it as a process."""
    add_to(routes.guarded)
    return serve.run(Settings())


if __name__ == "__main__":
    sys.exit(main())
