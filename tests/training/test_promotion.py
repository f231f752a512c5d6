"""Promotion is audited, atomic and recorded, and can be taken back."""

import shutil
from pathlib import Path

import pytest

from model.artefact import current, load, make_current, save
from model.errors import ArtefactError
from model.scorer import Scorer
from training.promotion import models, promote, record, rollback


@pytest.fixture
def registry(small_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_model, tmp_path / "models"))


def made(scorer: Scorer, folder: Path, verdict: str) -> Path:
    gate = {"verdict": verdict, "reasons": ["recall: too low."]}
    save(
        scorer.classifier,
        scorer.thresholds,
        folder,
        data={"sha256": "x", "training_rows": 1},
        figures={"gate": gate},
        created="2026-03-03T00:00:00Z",
    )
    make_current(folder.parent, folder.name)
    return folder


def test_a_model_from_elsewhere_is_copied_in_promoted_and_rolled_back(
    registry: Path, scorer: Scorer, tmp_path: Path
) -> None:
    made(scorer, tmp_path / "run" / "new", "passed")
    assert promote(registry, tmp_path / "run", why="better") == "new"
    assert current(registry).name == "new" and load(registry).version.startswith("2026-03-03")
    assert [m.name for m in models(registry) if m.current] == ["new"]
    assert rollback(registry) == "small"
    assert current(registry).name == "small"
    assert [(p.name, p.was) for p in record(registry)] == [("new", "small"), ("small", "new")]
    assert promote(registry, "new") == "new"


def test_a_refused_model_needs_somebody_to_say_so(registry: Path, scorer: Scorer, tmp_path: Path) -> None:
    folder = made(scorer, tmp_path / "run" / "new", "refused")
    with pytest.raises(ArtefactError, match=r"recall: too low") as raised:
        promote(registry, folder)
    assert raised.value.code == "gate-refused" and current(registry).name == "small"
    promote(registry, folder, why="the inspector decided", against_the_gate=True)
    assert current(registry).name == "new" and record(registry)[-1].why == "the inspector decided"


def test_a_tampered_model_is_never_promoted(registry: Path, scorer: Scorer, tmp_path: Path) -> None:
    folder = made(scorer, tmp_path / "run" / "new", "passed")
    with (folder / "estimator.joblib").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ArtefactError) as raised:
        promote(registry, folder)
    assert raised.value.code == "artefact-altered"
    assert current(registry).name == "small" and not (registry / "new").exists() and not record(registry)


def test_an_unknown_name_lists_the_known_ones(registry: Path) -> None:
    with pytest.raises(ArtefactError, match="small"):
        promote(registry, "nonesuch")


def test_nothing_to_roll_back_is_said(registry: Path) -> None:
    with pytest.raises(ArtefactError) as raised:
        rollback(registry)
    assert raised.value.code == "nothing-to-roll-back"
