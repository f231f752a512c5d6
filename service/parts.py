"""What a running app is made of, and how a request finds it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import HTTPConnection

from model.score import Score
from service.access import Access
from service.desk.decisions import Outcomes
from service.desk.destinations import Destinations
from service.line import Line
from service.metrics import Metrics
from service.monitoring.alarm import Alarm
from service.monitoring.days import Recorder
from service.readiness import Readiness
from service.renewal import Renewal
from service.settings import Settings
from service.store import Store
from service.together import Together


@dataclass(frozen=True, slots=True)
class Parts:
    """One of each, made by the assembler and held by the app: there is nothing global."""

    settings: Settings
    access: Access
    readiness: Readiness
    metrics: Metrics
    singles: Line
    together: Together
    incidents: Line
    batches: Line
    recorder: Recorder
    alarm: Alarm
    store: Store
    destinations: Destinations
    renewal: Renewal
    now: Callable[[], datetime]

    def note(self, score: Score) -> None:
        """Count one answer, in the metrics and in the profile of the day."""
        self.metrics.count_score(score)
        self.recorder.note(score)

    def decided(self, outcomes: Outcomes) -> None:
        """Count a person's decision."""
        self.metrics.count_decision(outcomes.outcome, outcomes.follows)


def parts_of(request: HTTPConnection) -> Parts:
    """The parts of the app that this request reached."""
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts
