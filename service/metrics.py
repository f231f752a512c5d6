"""What the service counts, for Prometheus. Each app has a registry of its own, so several can share a process."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from model.score import Score
from service.line import Line

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Those that are counted by name; a caller can make up others."""


class Metrics:
    """Counters whose labels come from closed lists: nothing that a caller writes becomes a label."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self._registry)
        self._scores = Counter("signpost_scores", "Narratives scored.", ["decision"], registry=self._registry)
        self._because = Counter("signpost_because", "Reasons for decisions.", ["code"], registry=self._registry)
        self._stop_cues = Counter(
            "signpost_stop_cues", "Stop cues that turned a flag into a review.", ["cue"], registry=self._registry
        )
        self._errors = Counter("signpost_errors", "Requests and items refused.", ["code"], registry=self._registry)
        self._alarms = Counter(
            "signpost_alarms", "Alarms: reviewed calls spoke against the guarantee.", registry=self._registry
        )
        self._requests = Histogram(
            "signpost_request_seconds",
            "Time from request to response.",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._incidents = Counter(
            "signpost_incidents", "New versions of incidents' logs.", ["decision"], registry=self._registry
        )
        self._escalations = Counter(
            "signpost_escalations", "Incidents that looked calm and turned dangerous.", registry=self._registry
        )
        self._decisions = Counter("signpost_decisions", "What people decided.", ["outcome"], registry=self._registry)
        self._agreement = Counter(
            "signpost_agreement", "Decisions with or against a suggestion.", ["agreed"], registry=self._registry
        )
        self._queue = Gauge(
            "signpost_queue", "Incidents in the queue, counted to 1,000.", ["what"], registry=self._registry
        )
        self._standing = Gauge(
            "signpost_line", "Places taken by what is scored or waits for it.", ["line"], registry=self._registry
        )
        self._refused_models = Counter(
            "signpost_refused_models", "Newer models that did not take over.", ["code"], registry=self._registry
        )
        self._model = Info("signpost_model", "The model that scores.", registry=self._registry)

    def count_score(self, score: Score) -> None:
        """Count one answer: its decision, why, and what stopped a flag."""
        self._scores.labels(score.decision).inc()
        for because in score.because:
            self._because.labels(because.code).inc()
        for cue in score.stop_cues:
            self._stop_cues.labels(cue).inc()

    def count_incident(self, decision: str, *, escalated: bool) -> None:
        """Count one new version of an incident's log."""
        self._incidents.labels(decision).inc()
        if escalated:
            self._escalations.inc()

    def count_decision(self, outcome: str, follows: bool | None) -> None:
        """Count what a person decided, and whether it went with the suggestion, if there was one."""
        self._decisions.labels(outcome).inc()
        if follows is not None:
            self._agreement.labels("yes" if follows else "no").inc()

    def show_queue(self, waiting: int, escalated: int, overdue: int) -> None:
        """Say how long the queue is."""
        for what, count in (("waiting", waiting), ("escalated", escalated), ("overdue", overdue)):
            self._queue.labels(what).set(count)

    def show_line(self, name: str, line: Line) -> None:
        """Say, whenever asked, how many places of a line are taken."""
        self._standing.labels(name).set_function(lambda: line.taken)

    def count_error(self, code: str) -> None:
        """Count one refusal."""
        self._errors.labels(code).inc()

    def count_alarm(self) -> None:
        """Count one alarm."""
        self._alarms.inc()

    def time_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Keep how long a request took. ``route`` is a template, never an address."""
        self._requests.labels(known_method(method), route, str(status)).observe(seconds)

    def show_model(self, version: str, policy: str) -> None:
        """Say which model and policy answer."""
        self._model.info({"version": version, "policy": policy})

    def count_refused_model(self, code: str) -> None:
        """Count one newer model that was not taken."""
        self._refused_models.labels(code).inc()

    def exposition(self) -> bytes:
        """Everything, in Prometheus's text format."""
        return generate_latest(self._registry)


def known_method(method: str) -> str:
    """The method if it is a usual one: a caller may send any word as a method."""
    return method if method in METHODS else "other"
