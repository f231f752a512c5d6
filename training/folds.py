"""One fold of the search, wherever it is computed.

A worker reads the rows from a file and writes what it finds to a file: no narrative passes through a scheduler. The
file of the rows is gone when the search ends.
"""

import io
import secrets
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from joblib import parallel_config

from model.artefact import code_hash
from model.errors import ArtefactError, SignpostError
from model.labelled import LabelledNarrative
from model.scoring import TOGETHER
from training.fitting import label_matrix, unfitted

_ONE_AT_A_TIME: Final = threading.Lock()  # spaCy's memory zones are a process's, and Dask's workers have threads


@dataclass(frozen=True, slots=True)
class Fold:
    """Fit with ``hyperparameters`` on the rows ``inside``, score those ``outside`` and write the scores to ``path``.
    ``rows`` is the file that ``lying_at`` wrote; ``code`` the hash that the worker's own code must have."""

    hyperparameters: dict[str, Any]
    inside: tuple[int, ...]
    outside: tuple[int, ...]
    path: Path
    rows: Path
    code: str


def compute(fold: Fold) -> SignpostError | None:
    """Compute a fold and write its file; the error, where that could not be done."""
    try:
        # One core a fold. On Dask the estimator's own joblib would hand work to the cluster, and wait behind others.
        with _ONE_AT_A_TIME, parallel_config(backend="sequential"):
            _judge(fold)
    except SignpostError as error:
        return error
    except Exception as error:
        # Schedulers log exceptions, and a message may hold a narrative: where it happened is what a report needs.
        place = traceback.extract_tb(error.__traceback__)[-1]
        detail = f"A fold failed ({type(error).__name__} in {Path(place.filename).name}, line {place.lineno})."
        return SignpostError("internal-error", detail)
    return None


def _judge(fold: Fold) -> None:
    if code_hash() != fold.code:
        raise ArtefactError(
            "code-mismatch", "The worker has another version of Signpost. Install the same one on every worker."
        )
    rows, groups = _read(fold.rows)
    inside, outside = ([rows[i] for i in places] for places in (fold.inside, fold.outside))
    model = unfitted(fold.hyperparameters).fit(
        [row.text for row in inside], label_matrix(inside), [groups[i] for i in fold.inside]
    )
    texts = [row.text for row in outside]
    composed = np.concatenate(
        [model.judge(texts[at : at + TOGETHER]).composed for at in range(0, len(texts), TOGETHER)]
    )
    content = io.BytesIO()
    np.savez(content, composed=composed)
    _write(fold.path, content.getvalue())


@contextmanager
def lying_at(path: Path, rows: Sequence[LabelledNarrative], groups: Sequence[str]) -> Iterator[None]:
    """The rows with their groups in a file, as long as workers need them."""
    lines = (orjson.dumps([row.model_dump(mode="json", by_alias=True), g]) for row, g in zip(rows, groups, strict=True))
    _write(path, b"\n".join(lines))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _read(path: Path) -> tuple[list[LabelledNarrative], list[str]]:
    """Once a process. The name is a hash of what the file holds.

    Raises:
        ArtefactError: ``artefact-missing``.
    """
    try:
        pairs = [orjson.loads(line) for line in path.read_bytes().split(b"\n")]
    except FileNotFoundError:
        raise ArtefactError("artefact-missing", f"{path} is not there: can every worker read that folder?") from None
    return [LabelledNarrative.model_validate(row) for row, _ in pairs], [group for _, group in pairs]


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: a fold that was cut short must be computed again."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.write_bytes(content)
    draft.replace(path)
