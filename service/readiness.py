"""Whether there is a verified model to score with, and if not, why not."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol

from model.errors import SignpostError
from model.narrative import Narrative
from model.score import LeftOut, Score
from service.logs import outline
from service.settings import Settings

_LOG: Final = logging.getLogger("signpost.service")


class Scorer(Protocol):
    """What the service needs of a model."""

    @property
    def version(self) -> str:
        """The model's version."""

    @property
    def policy_version(self) -> str:
        """The version of thresholds and stop cues."""

    def score(self, narrative: Narrative) -> Score:
        """One score."""

    def score_many(self, narratives: list[Narrative]) -> list[Score]:
        """Scores in the order of the narratives."""

    def left_out(self, narrative: Narrative) -> tuple[LeftOut, ...]:
        """What a reader beside the model took from each clause."""

    def facts(self) -> dict[str, Any]:
        """The body of ``GET /v1/model``."""

    def ranges(self, score: Score) -> dict[str, tuple[float, float]]:
        """How far each factor's probability may be off, by name."""


class ModelUnavailableError(SignpostError):
    """Codes: ``model-loading``, ``model-unusable``, and those of ``ArtefactError``."""


class Readiness:
    """Holds the scorer once it is verified. Starts as loading; becomes ready, or failed until another is put in its
    place."""

    def __init__(self, scorer: Scorer | None = None) -> None:
        self._scorer = scorer
        self._failure = ModelUnavailableError("model-loading", "The model is being loaded. Ask again shortly.")
        self._refused: ModelUnavailableError | None = None
        self.settled = asyncio.Event()
        if scorer is not None:
            self.settled.set()

    @property
    def ready(self) -> bool:
        """Whether there is a verified model."""
        return self._scorer is not None

    def scorer(self) -> Scorer:
        """The verified model.

        Raises:
            SignpostError: there is none, and the code says why.
        """
        if self._scorer is None:
            raise ModelUnavailableError(self._failure.code, self._failure.detail)
        return self._scorer

    @property
    def refused(self) -> ModelUnavailableError | None:
        """Why a newer model was not taken while the present one answers, if that is so."""
        return self._refused

    def replace(self, scorer: Scorer) -> None:
        """Put a verified model in the place of the present one. A request that has begun keeps the model it has."""
        self._scorer, self._refused = scorer, None

    def accept(self) -> None:
        """What was wrong with a newer model is over: the present one is the one that is wanted."""
        self._refused = None

    def refuse(self, error: ModelUnavailableError) -> None:
        """Keep the present model, and why a newer one was not taken."""
        self._refused = error
        if self._scorer is None:
            self._failure = error

    async def load(self, load: Callable[[], Scorer]) -> None:
        """Load in a thread of its own, so that health is answered meanwhile. Never raises: the reason is kept."""
        try:
            self._scorer = await asyncio.to_thread(load)
            _LOG.info("model %s, policy %s", self._scorer.version, self._scorer.policy_version)
        except SignpostError as error:
            self._failure = ModelUnavailableError(error.code, error.detail)
            _LOG.error("no model: %s [%s]", error.detail, error.code)
        except Exception as error:
            self._failure = ModelUnavailableError("model-unusable", "The model did not load. The log says where.")
            _LOG.error("no model: %s", outline(error))
        finally:
            self.settled.set()


def load_from(settings: Settings) -> Scorer:
    """The model that the settings name."""
    # Imported here because it takes seconds (spaCy, scikit-learn), which are better spent in the loading thread.
    from model.artefact import load

    key = settings.signing_key
    return load(settings.models, key.get_secret_value() if key else None, settings.policy, settings.prevalence)


def named_by(settings: Settings) -> str:
    """What stands for the model that should be loaded now: the artefact's folder, and when its files were written.

    Raises:
        OSError: the registry, or what it names, is not there.
    """
    from model.artefact import ESTIMATOR, MANIFEST, current

    folder = current(settings.models)
    files = [(folder / name).stat() for name in (MANIFEST, ESTIMATOR)]
    return " ".join([str(folder), *(f"{file.st_mtime_ns}:{file.st_size}" for file in files)])
