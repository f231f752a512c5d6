"""A newer model takes over while the service runs, and no request is dropped.

The registry is looked at every few seconds, and at once on SIGHUP. What it newly names is loaded beside the model that
answers, audited, and checked on narratives of its own; only then does it take over, between two requests. When
anything is wrong with it the old model stays; the reason stands in the log, in ``/health/ready`` and in the metrics.
"""

import asyncio
import logging
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from model.errors import SignpostError
from model.factors import FACTORS
from model.narrative import Narrative
from service.logs import outline
from service.memory import give_back
from service.metrics import Metrics
from service.readiness import ModelUnavailableError, Readiness, Scorer

_LOG: Final = logging.getLogger("signpost.service")

PROBES: Final = (
    "Mum of male 24 - he says the telly talks about him, not slept for days, crying, no threats, CPN due at 3",
    "Caller states her ex is outside with a knife and is threatening to kill her",
    "Took all her tablets ten minutes ago and has locked the door, not answering now",
    "Neighbour reports loud music again, no other concerns",
    "Caler says her bruther has a knfie, K N I F E, and is comming up the stiars",
)
"""Invented, and never scored for anybody: what a model says of them is only checked for sense. They make it warm, too:
what a process builds when it first meets a slip of the keyboard must not be built while somebody waits."""

_TOLERANCE: Final = 1e-3


class Renewal:
    """Watches which model should answer. ``name`` gives the name of the model that the registry wants now."""

    def __init__(
        self,
        readiness: Readiness,
        metrics: Metrics,
        name: Callable[[], str],
        load: Callable[[], Scorer],
        seconds: float,
    ) -> None:
        self._readiness = readiness
        self._metrics = metrics
        self._name = name
        self._load = load
        self._seconds = seconds
        self._asked = asyncio.Event()
        self._seen: str | None = None
        self._missing = False

    def ask(self) -> None:
        """Look now, and try again even what was refused before. May be called from a signal handler of the loop."""
        self._seen = None
        self._asked.set()

    async def watch(self) -> None:
        """Look for ever. The first look only learns what the start has loaded."""
        self._seen = await asyncio.to_thread(self._named)
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), self._seconds or None)
            self._asked.clear()
            await self.look()

    async def look(self) -> None:
        """Take what the registry names, if it has not been tried yet."""
        named = await asyncio.to_thread(self._named)
        if named is None:
            self._miss()
            return
        if self._missing:
            self._missing = False
            if named == self._seen:
                self._readiness.accept()
        if named == self._seen:
            return
        self._seen = named
        try:
            scorer = await asyncio.to_thread(self.sound)
        except SignpostError as error:
            self._refuse(ModelUnavailableError(error.code, error.detail))
        except Exception as error:
            _LOG.error("newer model: %s", outline(error))
            self._refuse(ModelUnavailableError("model-unusable", "The newer model did not load. The log says where."))
        else:
            self._readiness.replace(scorer)
            self._metrics.show_model(scorer.version, scorer.policy_version)
            _LOG.info("model %s, policy %s took over", scorer.version, scorer.policy_version)
            await asyncio.to_thread(give_back)

    def _named(self) -> str | None:
        try:
            return self._name()
        except OSError:
            return None  # out of reach for now: what answers goes on answering

    def _miss(self) -> None:
        """Say once that a restart would find nothing."""
        if not self._missing and self._readiness.ready and self._readiness.refused is None:
            self._missing = True
            said = "The registry, or the model that it names, is not there. `signpost models list` shows what is."
            self._refuse(ModelUnavailableError("artefact-missing", said))

    def sound(self) -> Scorer:
        """The model that the registry names, loaded and checked, which also makes it warm: what the first score builds
        is built, so that no caller waits for it.

        Raises:
            SignpostError: it cannot be loaded, or says nothing sensible.
        """
        scorer = self._load()
        check(scorer)
        return scorer

    def _refuse(self, error: ModelUnavailableError) -> None:
        self._readiness.refuse(error)
        self._metrics.count_refused_model(error.code)
        _LOG.error("newer model refused, the present one stays: %s [%s]", error.detail, error.code)


def check(scorer: Scorer) -> None:
    """Does a model say anything sensible at all?

    Raises:
        ModelUnavailableError: ``model-unusable``, with what was wrong.
    """
    scores = scorer.score_many([Narrative.of(text) for text in PROBES])
    for number, (text, score) in enumerate(zip(PROBES, scores, strict=True), start=1):
        low, high = score.interval
        chances = (score.confidence, low, high, *(score.factors.get(factor, math.nan) for factor in FACTORS))
        if not all(0 <= p <= 1 for p in chances):
            raise _senseless(number, "a probability is missing or impossible")
        if not low - _TOLERANCE <= score.confidence <= high + _TOLERANCE:
            raise _senseless(number, "the confidence is not in its interval")
        if any(text[r.start : r.end] != r.text for r in score.reasons):
            raise _senseless(number, "a reason is not in the text")


def _senseless(number: int, what: str) -> ModelUnavailableError:
    return ModelUnavailableError("model-unusable", f"The model failed its self-check {number}: {what}.")
