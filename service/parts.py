"""What a running app is made of, and how a request finds it."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from service.access import Access
from service.batching import Batches
from service.metrics import Metrics
from service.readiness import Readiness
from service.renewal import Renewal
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """One of each, made by the assembler and held by the app: there is nothing global."""

    settings: Settings
    access: Access
    readiness: Readiness
    metrics: Metrics
    batches: Batches
    renewal: Renewal


def parts_of(request: HTTPConnection) -> Parts:
    """The parts of the app that this request reached."""
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts
