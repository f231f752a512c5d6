"""Scoring one part, wherever that happens, and all parts together."""

import hashlib
import threading
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

from joblib import Parallel, delayed

from model.artefact import MANIFEST, code_hash, current, load
from model.bulk.plan import Finished, Part
from model.decision import Policy
from model.errors import ArtefactError, ClusterError, SignpostError
from model.pause import PauseSwitch
from model.scorer import Scorer
from model.scoring import Format, score_rows, whole_file, writing
from model.tables import Columns, open_table

_ONE_AT_A_TIME: Final = threading.Lock()  # spaCy's memory zones are a process's, and Dask's workers have threads


@dataclass(frozen=True, slots=True)
class Job:
    """What whoever scores a part must know. ``artefact`` and ``registry`` are paths that every worker can read.

    The signing key is not among it: it was used where the run began, and a worker takes only the manifest with this
    sha256, which in turn names the sha256 of the estimator.
    """

    artefact: Path
    registry: Path
    manifest_sha256: str
    code: str
    policy: Policy
    prevalence: float | None
    columns: Columns
    form: Format

    @classmethod
    def of(cls, scorer: Scorer, models: Path, columns: Columns, form: Format) -> "Job":
        """The job of a scorer that was loaded from ``models`` and verified."""
        artefact = current(models).resolve()
        return cls(
            artefact=artefact,
            registry=models.resolve(),
            manifest_sha256=_digest(artefact / MANIFEST),
            code=code_hash(),
            policy=scorer.policy,
            prevalence=scorer.prevalence,
            columns=columns,
            form=form,
        )


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A part that could not be scored, and why."""

    part: str
    error: SignpostError


def score_parts(parts: Iterable[Part], job: Job, jobs: int | None = None) -> Iterator[Finished | Unfinished]:
    """Score parts by joblib, each as it is done: on ``jobs`` cores of this machine (all otherwise), or wherever
    ``joblib.parallel_config`` says, as within ``cluster.connected``.

    Raises:
        ClusterError: ``worker-lost``: a process of this machine was killed. What is finished stays.
    """
    work = Parallel(n_jobs=jobs or -1, batch_size=1, return_as="generator_unordered")
    try:
        yield from work(delayed(score_part)(part, job) for part in parts)
    except BrokenProcessPool:
        raise ClusterError(
            "worker-lost",
            "A process that scored was killed, perhaps for want of memory. The finished parts stay: run the same "
            "command again, with fewer --jobs if memory is short.",
        ) from None


def score_part(part: Part, job: Job) -> Finished | Unfinished:
    """Score one part and write its output, completely or not at all."""
    try:
        with _ONE_AT_A_TIME:
            return _score(part, _scorer(job), job)
    except SignpostError as error:
        return Unfinished(part.name, error)
    except Exception as error:
        # Schedulers log exceptions, and a message may hold a narrative: where it happened is what a report needs.
        place = traceback.extract_tb(error.__traceback__)[-1]
        detail = f"The part failed ({type(error).__name__} in {Path(place.filename).name}, line {place.lineno})."
        return Unfinished(part.name, SignpostError("internal-error", detail))


def _score(part: Part, scorer: Scorer, job: Job) -> Finished:
    rows = errors = 0
    part.output.parent.mkdir(parents=True, exist_ok=True)
    with (
        open_table(part.source, job.columns, part.first) as table,
        whole_file(part.output) as stream,
        writing(stream, job.form) as write,
    ):
        for results in score_rows(islice(table.rows, part.rows), scorer):
            write(results)
            rows += len(results)
            errors += sum("error" in result for result in results)
    return Finished(part.name, rows, errors, _digest(part.output))


@lru_cache(maxsize=1)
def _scorer(job: Job) -> Scorer:
    """The model that the job names, loaded once a process.

    Raises:
        ArtefactError: ``code-mismatch``, ``artefact-altered`` and those of ``load``.
    """
    if code_hash() != job.code:
        raise ArtefactError(
            "code-mismatch", "The worker has another version of Signpost. Install the same one on every worker."
        )
    if _digest(job.artefact / MANIFEST) != job.manifest_sha256:
        raise ArtefactError("artefact-altered", f"{job.artefact} is not the model that the run began with.")
    scorer = load(job.artefact)
    return replace(scorer, policy=job.policy, prevalence=job.prevalence, switch=PauseSwitch(job.registry))


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise ArtefactError("artefact-missing", f"{path} is not there: can every worker read that folder?") from None
