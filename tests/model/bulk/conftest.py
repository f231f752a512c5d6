"""A folder of small tables, scored once on one core: what every other way must give byte for byte."""

import csv
import hashlib
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from model.bulk.folder import Summary, score_folder
from model.scorer import Scorer
from model.tables import Columns
from training.corpus import NARRATIVES, read_corpus

PART_ROWS = 40


@pytest.fixture(scope="session")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """230 rows in two Parquet files (row groups of another size than the parts) and a CSV, a blank text among them."""
    folder = tmp_path_factory.mktemp("calls")
    texts = [row.text for row in read_corpus([NARRATIVES])[:230]]
    texts[7] = " "
    for name, begin, end in (("a.parquet", 0, 100), ("deep/b.parquet", 100, 150)):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        table = pa.table({"id": [f"r{i}" for i in range(begin, end)], "text": texts[begin:end]})
        parquet.write_table(table, path, row_group_size=33)
    with (folder / "c.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("text",), *((text,) for text in texts[150:])])
    (folder / "_SUCCESS").touch()
    (folder / "notes.txt").write_text("no table")
    return folder


@pytest.fixture(scope="session")
def alone(calls: Path, scorer: Scorer, small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The sha256 of every part when one core does it all."""
    into = tmp_path_factory.mktemp("alone")
    score_all(calls, into, scorer, small_model, jobs=1)
    return hashes(into)


def score_all(calls: Path, into: Path, scorer: Scorer, models: Path, **how: object) -> Summary:
    return score_folder(calls, into, scorer, models, Columns(), "jsonl", part_rows=PART_ROWS, **how)  # type: ignore[arg-type]


def hashes(into: Path) -> dict[str, str]:
    parts = sorted(into.rglob("*/*.jsonl"))
    return {str(p.relative_to(into)): hashlib.sha256(p.read_bytes()).hexdigest() for p in parts}
