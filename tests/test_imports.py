"""The house keeps its shape: which folder may know which."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINTER = Path(sys.executable).parent / "lint-imports"


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    return names | {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}


def run_linter(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINTER, "--no-cache"], cwd=folder, capture_output=True, text=True)


def test_the_contract_holds() -> None:
    result = run_linter(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("model/score.py", "import service.app"),
        ("model/score.py", "import training.corpus"),
        ("service/app.py", "import training.corpus"),
        ("training/corpus.py", "import service.app"),
        ("model/errors.py", "import model.scorer"),
    ],
)
def test_an_import_that_runs_the_other_way_fails(tmp_path: Path, file: str, line: str) -> None:
    for name in ("model", "training", "service", "pyproject.toml"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    path = tmp_path / file
    path.write_text(path.read_text() + f"\n{line}\n")
    result = run_linter(tmp_path)
    assert result.returncode != 0
    assert "BROKEN" in result.stdout


def test_nobody_imports_the_command_line() -> None:
    files = [p for folder in ("model", "training", "service") for p in (ROOT / folder).rglob("*.py")]
    assert files
    assert not [p for p in files if any(name.split(".")[0] == "signpost" for name in imported(p))]


def test_importing_the_model_registers_nothing_with_spacy() -> None:
    code = "import model; from spacy.tokens import Doc; assert not Doc.has_extension('reading')"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_the_front_door_is_small() -> None:
    import model

    assert model.__all__ == ["Narrative", "Score", "load"]
