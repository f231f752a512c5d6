"""A folder of tables: nothing is lost, nothing is done twice, and the bytes are always the same."""

from pathlib import Path

import orjson
import pytest

from model.bulk import work
from model.bulk.plan import Part
from model.errors import DataError
from model.scorer import Scorer
from model.scoring import score_rows
from model.tables import Columns, open_table

from .conftest import hashes, score_all


def test_the_parts_of_a_file_are_what_the_whole_file_gives(
    calls: Path, scorer: Scorer, small_model: Path, tmp_path: Path
) -> None:
    summary = score_all(calls, tmp_path / "out", scorer, small_model, jobs=1)
    assert (summary.rows, summary.errors, summary.ignored, summary.faults) == (230, 1, 1, {})
    for name in ("a.parquet", "deep/b.parquet", "c.csv"):
        with open_table(calls / name, Columns()) as table:
            whole = b"".join(orjson.dumps(r) + b"\n" for results in score_rows(table.rows, scorer) for r in results)
        parts = sorted((tmp_path / "out" / name).iterdir())
        assert b"".join(part.read_bytes() for part in parts) == whole
    # Where there is no column of keys, a row's number in its file is its key, in whatever part it lies.
    last = (tmp_path / "out/c.csv/00001.jsonl").read_bytes().splitlines()[-1]
    assert orjson.loads(last)["id"] == 80


def test_several_processes_give_the_same_bytes(
    calls: Path, alone: dict[str, str], scorer: Scorer, small_model: Path, tmp_path: Path
) -> None:
    score_all(calls, tmp_path, scorer, small_model, jobs=2)
    assert hashes(tmp_path) == alone


def test_a_run_that_stopped_goes_on_and_scores_nothing_twice(
    calls: Path,
    alone: dict[str, str],
    scorer: Scorer,
    small_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scored: list[str] = []
    real = work.score_part

    def stopping(part: Part, job: work.Job) -> object:
        if len(scored) == 3:
            raise KeyboardInterrupt
        scored.append(part.name)
        return real(part, job)

    monkeypatch.setattr(work, "score_part", stopping)
    with pytest.raises(KeyboardInterrupt):
        score_all(calls, tmp_path, scorer, small_model, jobs=1)
    # The line of the last finished part was cut off, as when the machine lost its power.
    record = tmp_path / "parts.jsonl"
    record.write_bytes(record.read_bytes()[:-20])
    first, scored[:] = list(scored), []
    monkeypatch.setattr(work, "score_part", lambda part, job: scored.append(part.name) or real(part, job))
    summary = score_all(calls, tmp_path, scorer, small_model, jobs=1)
    assert set(first[:2]) & set(scored) == set()
    assert set(first) | set(scored) == set(alone)
    assert summary.rows == 230 and summary.errors == 1 and summary.earlier == 80
    assert hashes(tmp_path) == alone
    assert score_all(calls, tmp_path, scorer, small_model, jobs=1).earlier == 230


def test_a_finished_part_that_is_gone_is_scored_again(
    calls: Path, alone: dict[str, str], scorer: Scorer, small_model: Path, tmp_path: Path
) -> None:
    score_all(calls, tmp_path, scorer, small_model, jobs=1)
    (tmp_path / "a.parquet/00001.jsonl").unlink()
    assert score_all(calls, tmp_path, scorer, small_model, jobs=1).earlier == 190
    assert hashes(tmp_path) == alone


def test_a_broken_file_costs_no_other(calls: Path, scorer: Scorer, small_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "good.csv").write_bytes((calls / "c.csv").read_bytes())
    (folder / "broken.parquet").write_bytes((calls / "a.parquet").read_bytes()[:2000])
    (folder / "other.csv").write_text("narrative\nhearing voices\n")
    summary = score_all(folder, tmp_path / "out", scorer, small_model, jobs=1)
    assert summary.rows == 80
    assert {name: error.code for name, error in summary.faults.items()} == {
        "broken.parquet": "file-unreadable",
        "other.csv": "column-missing",
    }


def test_a_failure_nobody_foresaw_costs_its_part_and_tells_no_text(
    calls: Path, scorer: Scorer, small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> object:
        raise ValueError("hearing voices in Acacia Avenue")

    monkeypatch.setattr(work, "score_rows", explode)
    summary = score_all(calls, tmp_path, scorer, small_model, jobs=1)
    assert {error.code for error in summary.faults.values()} == {"internal-error"}
    assert not any("Acacia" in error.detail for error in summary.faults.values())
    assert hashes(tmp_path) == {}
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("change", ["input", "form", "pause"])
def test_a_run_is_not_gone_on_with_under_other_terms(
    calls: Path, scorer: Scorer, small_model: Path, tmp_path: Path, change: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "c.csv").write_bytes((calls / "c.csv").read_bytes())
    into = tmp_path / "out"
    score_all(folder, into, scorer, small_model, jobs=1)
    before = hashes(into)
    if change == "input":
        (folder / "c.csv").write_text("text\nanother call altogether\n")
    elif change == "form":
        (into / "run.json").write_bytes((into / "run.json").read_bytes().replace(b'"jsonl"', b'"csv"'))
    else:
        (into / "run.json").write_bytes((into / "run.json").read_bytes().replace(b'"paused": false', b'"paused": true'))
    with pytest.raises(DataError) as refused:
        score_all(folder, into, scorer, small_model, jobs=1)
    assert refused.value.code == "run-different"
    assert {"input": "sources", "form": "format", "pause": "paused"}[change] in refused.value.detail
    assert hashes(into) == before


def test_what_lies_in_the_output_folder_is_never_overwritten(
    calls: Path, scorer: Scorer, small_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(DataError) as refused:
        score_all(calls, tmp_path, scorer, small_model, jobs=1)
    assert refused.value.code == "run-different"
    with pytest.raises(DataError) as refused:
        score_all(calls, calls / "scores", scorer, small_model, jobs=1)
    assert refused.value.code == "output-inside"


def test_a_worker_takes_only_the_model_that_the_run_began_with(
    calls: Path, scorer: Scorer, small_model: Path, tmp_path: Path
) -> None:
    job = work.Job.of(scorer, small_model, Columns(), "jsonl")
    part = Part("p", calls / "a.parquet", 0, 5, tmp_path / "p.jsonl")
    for change, code in (({"manifest_sha256": "0" * 64}, "artefact-altered"), ({"code": "other"}, "code-mismatch")):
        result = work.score_part(part, work.replace(job, **change))
        assert isinstance(result, work.Unfinished) and result.error.code == code
    assert isinstance(work.score_part(part, job), work.Finished)
