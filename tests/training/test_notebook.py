"""The evaluation notebook runs from top to bottom, on our data and on a force's own, and says what the model says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import orjson
import pytest
from nbformat import NotebookNode

from model.artefact import load, make_current, save
from training import notebook
from training.corpus import NARRATIVES, read_corpus
from training.evaluation import table
from training.evidence.parts import some
from training.fitting import label_matrix
from training.shipping import as_judgement, holds
from training.splits import read_splits
from training.thresholds import CalibrationPart, choose

LIMIT = 500


@pytest.fixture(scope="module")
def certified_model(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model with a manifest like a shipped one's: thresholds and figures from the calibration rows that the
    notebook looks at when it is limited."""
    registry = tmp_path_factory.mktemp("certified")
    scorer = load(small_model)
    rows = some(read_splits().of(read_corpus([NARRATIVES]), "calibration"), LIMIT)
    labels, judged = label_matrix(rows), scorer.classifier.judge([row.text for row in rows])
    only, police = labels[:, 0] & ~labels[:, 1:].any(axis=1), labels[:, 1:].any(axis=1)
    everyday = np.array([row.register_ == "everyday" for row in rows])
    held = holds(scorer.classifier, judged)
    part = CalibrationPart(judged.composed, only, police, everyday, held, [r.author for r in rows])
    thresholds, certificate = choose(part)
    save(
        scorer.classifier,
        thresholds,
        registry / "one",
        data={"sha256": "tests"},
        figures={
            "calibration": table(labels, as_judgement(scorer.classifier, judged), thresholds),
            "certificate": certificate,
        },
        created="2026-01-01T00:00:00Z",
    )
    make_current(registry, "one")
    return registry


@pytest.fixture(scope="module")
def executed(certified_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[NotebookNode, str]:
    output = tmp_path_factory.mktemp("evaluation") / "evaluation.html"
    done = notebook.run({"models": str(certified_model), "limit": LIMIT}, output, progress=False)
    return done, output.read_text()


def outputs(done: NotebookNode) -> Iterator[Any]:
    return (output for cell in done.cells if cell.cell_type == "code" for output in cell.outputs)


def words(done: NotebookNode) -> str:
    return "\n".join(o.data.get("text/markdown", "") for o in outputs(done) if "data" in o)


def test_its_headline_figures_are_the_manifest_s(executed: tuple[NotebookNode, str], certified_model: Path) -> None:
    figures = load(certified_model).manifest["figures"]
    (claims,) = [
        o.metadata["text/markdown"]["claims"]
        for o in outputs(executed[0])
        if "claims" in o.get("metadata", {}).get("text/markdown", {})
    ]
    bar = figures["certificate"]["bars"]["2%"]
    assert bar["unsafe_flags"] > 0 or bar["recall"] > 0
    assert claims["recall"] == pytest.approx([bar["recall"]] * 2)
    assert claims["unsafe flags"] == [bar["unsafe_flags"]] * 2
    assert claims["narratives"] == [LIMIT, LIMIT]
    auroc = figures["calibration"]["mental_health_only"]["auroc"]
    assert claims["AUROC, mental health only"] == pytest.approx([auroc, auroc])
    assert "the model does what its manifest says" in words(executed[0])


def test_every_picture_is_there_and_is_described(executed: tuple[NotebookNode, str]) -> None:
    pictures = [o for o in outputs(executed[0]) if "image/png" in o.get("data", {})]
    assert len(pictures) >= 12
    for picture in pictures:
        assert len(picture.metadata["image/png"]["alt"]) > 40
    assert len(re.findall(r'<img[^>]+alt="[^"]{40,}', executed[1])) == len(pictures)


def test_the_page_is_for_people(executed: tuple[NotebookNode, str]) -> None:
    done, page = executed
    assert "What cannot be concluded" in page
    assert "of_signpost(" not in page
    assert not [o for o in outputs(done) if o.output_type in {"stream", "error"}]
    assert not re.search(r'(?:src|href)="https?://[^"]*(?:cdn|mathjax)', page)


def test_a_force_s_own_narratives_are_judged_and_not_shown(certified_model: Path, tmp_path: Path) -> None:
    rows = some(read_splits().of(read_corpus([NARRATIVES]), "test"), 60)
    own = tmp_path / "own.jsonl"
    own.write_bytes(
        b"\n".join(
            orjson.dumps(row.model_dump(by_alias=True) | {"author": "control room", "text": row.text + " Zanzibar"})
            for row in rows
        )
    )
    output = tmp_path / "own.html"
    done = notebook.run(
        {"models": str(certified_model), "data": str(own), "limit": 60, "costs": {"calls_a_year": [1000, 2000]}},
        output,
        progress=False,
    )
    said = words(done)
    assert "**60** labelled narratives of your own (own.jsonl)" in said
    assert "| 1,000 | 2,000 | calls a year | yours |" in said
    assert "made from synthetic ones" in said
    assert "Zanzibar" not in output.read_text()


def test_what_is_kept_has_outputs_and_no_trace_of_the_machine() -> None:
    kept = nbformat.read(notebook.NOTEBOOK, as_version=4)
    nbformat.validate(kept)
    assert sum("image/png" in o.get("data", {}) for o in outputs(kept)) >= 12
    source = notebook.NOTEBOOK.read_text()
    assert len(source) < 5_000_000
    assert set(kept.metadata) <= {"kernelspec", "language_info"}
    assert all(set(cell.metadata) <= {"tags"} for cell in kept.cells)
    assert not re.search(r"/(?:home|tmp|work|root|Users)/", source)


def test_the_notebook_defines_nothing() -> None:
    kept = nbformat.read(notebook.NOTEBOOK, as_version=4)
    for cell in kept.cells:
        if cell.cell_type == "code":
            assert not re.search(r"^\s*(?:def|class|lambda)\b", cell.source, re.MULTILINE)
        else:
            # Sentences of its own hold no figure: those are computed.
            assert not re.search(r"\d", cell.source)
