"""A whole folder from begin to end: what ``signpost score FOLDER`` does."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from model.bulk.cluster import connected
from model.bulk.plan import PART_ROWS, begin, inventory, note, parts
from model.bulk.work import Job, Unfinished, score_parts
from model.errors import DataError, SignpostError
from model.scorer import Scorer
from model.scoring import Format
from model.tables import Columns

Advance = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of a folder: rows with a result, those of them that are errors, of these rows the ones that an
    earlier run had finished, files or parts that could not be scored with the reason, files of other kinds."""

    rows: int
    errors: int
    earlier: int
    faults: Mapping[str, SignpostError]
    ignored: int


def score_folder(
    folder: Path,
    into: Path,
    scorer: Scorer,
    models: Path,
    columns: Columns,
    form: Format,
    *,
    cluster: str | None = None,
    jobs: int | None = None,
    part_rows: int = PART_ROWS,
    advance: Advance | None = None,
) -> Summary:
    """Score every table of a folder into another folder, or go on where an earlier run stopped.

    The bytes of a part are the same wherever it is scored. A file that cannot be read costs no other.

    Args:
        folder: what to score; ``into`` must lie apart from it.
        scorer: loaded from ``models`` and verified; workers load the same model from the same path.
        cluster: the address of a Dask scheduler; this machine otherwise.
        jobs: cores of this machine; all otherwise.
        advance: told rows done and rows in all.

    Raises:
        DataError: ``file-missing``, ``run-different`` or ``output-inside``.
        ClusterError: as ``connected`` and ``score_parts``.
    """
    here, there = folder.resolve(), into.resolve()
    if here.is_relative_to(there) or there.is_relative_to(here):
        raise DataError("output-inside", f"{folder} and {into} must lie apart. Name another folder for the output.")
    found = inventory(folder, columns)
    job = Job.of(scorer, models, columns, form)
    run = {
        "model": scorer.version,
        "manifest_sha256": job.manifest_sha256,
        "code": job.code,
        "policy": scorer.policy.as_dict(),
        "prevalence": job.prevalence,
        "paused": scorer.switch is not None and scorer.switch.engaged,
        "text_column": columns.text,
        "id_column": columns.id,
        "format": form,
        "part_rows": part_rows,
        "sources": [asdict(source) for source in found.sources],
    }
    finished = begin(there, run)
    waiting = [part for part in parts(found.sources, folder, there, form, part_rows) if part.name not in finished]
    earlier, errors = sum(f.rows for f in finished.values()), sum(f.errors for f in finished.values())
    rows, total = earlier, sum(source.rows for source in found.sources)
    faults: dict[str, SignpostError] = dict(found.faults)
    with connected(cluster if waiting else None):
        for part in score_parts(waiting, job, jobs):
            if isinstance(part, Unfinished):
                faults[part.part] = part.error
                continue
            note(there, part)
            rows, errors = rows + part.rows, errors + part.errors
            if advance:
                advance(rows, total)
    return Summary(rows, errors, earlier, faults, found.ignored)
