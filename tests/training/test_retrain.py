"""The whole run: a better model or a clear refusal, the same to the bit by seed."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import signpost
from model.artefact import ESTIMATOR, current, load
from model.errors import ArtefactError, DataError
from model.narrative import Narrative
from training.corpus import NARRATIVES
from training.intake import take_in
from training.mapping import read_mapping
from training.papers.writing import PAPERS
from training.partition import partition
from training.retrain import Request, Retrained, retrain

pytestmark = pytest.mark.usefixtures("short_suites")

WRITERS = ("a01", "a02", "a03", "a04", "a05", "a06", "a07", "a08", "a09")
A_WRITER = 140


def read(writer: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (NARRATIVES / f"{writer}.jsonl").read_text().splitlines()[:A_WRITER]]


def flipped(row: dict[str, Any]) -> dict[str, Any]:
    danger = not (row["immediate_risk"] or row["crime"] or row["police_duty"])
    return {**row, "immediate_risk": danger, "crime": False, "police_duty": False}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("own") / "own.jsonl", [row for w in WRITERS for row in read(w)])


@pytest.fixture(scope="module")
def first(data: Path, tmp_path_factory: pytest.TempPathFactory, short_suites: None) -> Retrained:
    output = tmp_path_factory.mktemp("first")
    pool = write(output / "pool.jsonl", [{"id": r["id"], "text": r["text"]} for r in read("a10")])
    return retrain(
        Request([data], output, pool=[pool], models=output / "none", with_corpus=False, searching=False, jobs=1)
    )


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / ESTIMATOR).read_bytes()).hexdigest()


def test_the_folder_holds_a_model_that_serves_and_every_list(first: Retrained) -> None:
    output = first.artefact.parent
    assert load(output).score(Narrative.of("hearing voices, no threats, CPN due")).model
    report = json.loads((output / "report.json").read_text())
    assert report["gate"]["verdict"] == first.outcome.verdict == "passed", first.outcome.reasons
    assert {"is_it_safer_than_before", "for_whom_is_it_worse", "what_was_it_trained_on"} <= report["answers"].keys()
    assert "Without blind-drawn rows nobody can say" in report["estimates"]["words"][0]
    chosen = [json.loads(line) for line in (output / "label-next.jsonl").read_text().splitlines()]
    assert {row["provenance"]["chosen"] for row in chosen} == {"uncertain", "random"}
    assert all(row["crime"] is None and row["text"] for row in chosen)
    for name in ("faults.csv", "set-aside.jsonl", "doubts.csv"):
        assert (output / name).is_file()
    texts = [row["text"] for w in WRITERS for row in read(w)]
    for name in ("report.json", "doubts.csv", "faults.csv"):
        content = (output / name).read_text()
        assert not [text for text in texts if text[:60] in content]


def test_a_retraining_leaves_every_paper_and_the_model_carries_its_report(first: Retrained, tmp_path: Path) -> None:
    papers = first.artefact.parent / "papers"
    assert {path.name for path in papers.glob("*.html")} == {f"{name}.html" for name in PAPERS}
    text = (papers / "report.md").read_text()
    assert "The gate passed the new model" in text and "| unsafe flags |" in text
    again = CliRunner().invoke(signpost.app, ["papers", str(first.artefact), "-o", str(tmp_path)])
    assert again.exit_code == 0, again.output
    for name in PAPERS:
        assert (papers / f"{name}.html").read_bytes() == (tmp_path / f"{name}.html").read_bytes()
    written = "".join(path.read_text() for path in papers.rglob("*") if path.is_file())
    assert not [row["id"] for w in WRITERS for row in read(w) if row["text"][:60] in written]


def test_an_honest_retraining_passes_is_promoted_and_is_the_same_to_the_bit(
    data: Path, first: Retrained, tmp_path: Path
) -> None:
    models = first.artefact.parent
    again = retrain(
        Request([data], tmp_path, models=models, with_corpus=False, searching=False, jobs=1, promoting=True)
    )
    assert again.outcome.verdict == "passed", again.outcome.reasons
    assert digest(again.artefact) == digest(first.artefact)
    assert load(models).manifest["figures"]["gate"]["verdict"] == "passed"
    assert current(models).name == again.artefact.name


def test_a_spoiled_challenger_is_refused_in_words(data: Path, first: Retrained, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in data.read_text().splitlines()]
    examples = take_in([data], read_mapping()).examples
    training = {examples[i].narrative.author for i in partition(examples).training}
    candidates = [row["id"] for row in rows if row["author"] in training]
    spoiled = set(candidates[::20])
    path = write(tmp_path / "spoiled.jsonl", [flipped(r) if r["id"] in spoiled else r for r in rows])
    before = current(first.artefact.parent).name
    result = CliRunner().invoke(
        signpost.app,
        ["retrain", "--data", str(path), "-o", str(tmp_path / "out"), "--no-corpus", "--no-search", "--promote",
         "--jobs", "1", "--models", str(first.artefact.parent)],
    )  # fmt: skip
    assert result.exit_code == 4, result.output
    assert "The gate refused the new model." in result.output and "Changed labels" in result.output
    assert current(first.artefact.parent).name == before


def test_a_tampered_present_model_ends_the_run_before_it_begins(data: Path, first: Retrained, tmp_path: Path) -> None:
    import shutil

    models = Path(shutil.copytree(first.artefact.parent, tmp_path / "models"))
    with (current(models) / ESTIMATOR).open("ab") as file:
        file.write(b"x")
    with pytest.raises(ArtefactError) as raised:
        retrain(Request([data], tmp_path / "out", models=models))
    assert raised.value.code == "artefact-altered"


def test_a_file_with_half_of_its_rows_broken_is_refused_and_its_rows_kept(tmp_path: Path) -> None:
    rows = [row if n % 2 else {**row, "crime": "perhaps"} for n, row in enumerate(read("a01"))]
    path = write(tmp_path / "broken.jsonl", rows)
    with pytest.raises(DataError, match=r"70 of 140 rows have problems"):
        retrain(Request([path], tmp_path / "out", models=tmp_path / "none"))
    assert (tmp_path / "out" / "set-aside.jsonl").read_text().count("\n") == 70
    assert (tmp_path / "out" / "faults.csv").read_text().count("\n") == 71
