"""The report of a model that no retraining reported on: judged on the corpus's tests, by the same code."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from model.artefact import current, load, read_manifest
from model.errors import DataError
from training.answers import answers
from training.contest import Judges, contest, strata_of
from training.corpus import NARRATIVES, read_corpus
from training.papers.findings import findings
from training.parts import Part, Parts
from training.seen import read_seen
from training.splits import read_splits
from training.testing import PARTS
from training.trials import score_texts

REPORT: Final = "report.json"


def report_of(models: Path, signing_key: str | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """A model's report and manifest: the report that its retraining left in it, or one made now.

    Args:
        models: an artefact, a registry, or the folder of a retraining.
        signing_key: as ``model.artefact.load``.

    Raises:
        ArtefactError: as ``model.artefact.load``.
        DataError: ``rows-invalid``: the model has seen every narrative that could judge it.
    """
    folder = current(models)
    manifest = read_manifest(folder, signing_key)
    if REPORT in manifest["files"]:
        return orjson.loads((folder / REPORT).read_bytes()), manifest
    scorer = load(models, signing_key)
    parts = _parts(read_seen(folder) or {})
    held = parts.held
    if not held.rows:
        raise DataError("rows-invalid", "The model has seen every narrative of the tests, so nothing can judge it.")
    found = contest(scorer, None, Judges(held.rows, held.groups, strata_of(held.rows, held.own)))
    seen = findings(held.rows, held.groups, held.own, score_texts(scorer, [r.text for r in held.rows]), found.swaps)
    report: dict[str, Any] = {
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seed": 0,
        "champion": None,
        "answers": answers(None, found.comparisons, parts, None, seen),
        "gate": None,
        "comparisons": [],
        "intake": None,
        "split": {"words": parts.words},
        "parts": {name: getattr(parts, name).facts() for name in ("training", "calibration", "held")},
        "findings": seen,
        "doubts": None,
        "search": [],
    }
    # Through JSON, so that both ways in give the papers the same.
    return orjson.loads(orjson.dumps(report, option=orjson.OPT_SERIALIZE_NUMPY)), manifest


def _parts(seen: dict[str, str]) -> Parts:
    rows, splits = read_corpus([NARRATIVES]), read_splits()
    training, calibration, held = Part(), Part(), Part()
    training.extend(splits.of(rows, "training"))
    calibration.extend(splits.of(rows, "calibration"))
    for name in PARTS:
        held.extend(splits.of(rows, name))
    return Parts(training, calibration, held.without(frozenset(seen)), ["Writers are not cut between parts."])
