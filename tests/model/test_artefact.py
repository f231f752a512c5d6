"""A model on disk is audited before anything of it runs."""

import json
import shutil
from pathlib import Path

import joblib
import pytest

from model import artefact
from model.artefact import code_hash, current, load, make_current, read_manifest, save
from model.errors import ArtefactError
from model.narrative import Narrative
from model.scorer import Scorer


@pytest.fixture
def copy(small_model: Path, tmp_path: Path) -> Path:
    shutil.copytree(current(small_model), tmp_path / "copy")
    return tmp_path / "copy"


class Exploding:
    """Unpickles by writing a file: the proof that something ran."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return _ran, (self.path,)


def _ran(path: str) -> None:
    Path(path).touch()


def refusal(folder: Path, key: str | None = None) -> str:
    with pytest.raises(ArtefactError) as caught:
        load(folder, key)
    assert str(folder) in caught.value.detail or caught.value.code == "artefact-missing"
    return caught.value.code


def change(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **changes}))


def test_it_comes_back_as_it_was(copy: Path, scorer: Scorer) -> None:
    text = Narrative.of("Mum says he hears voices, calm, crisis team on the way")
    assert load(copy).score(text) == scorer.score(text)


def test_no_model(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere") == "artefact-missing"


def test_an_altered_file_is_refused_and_nothing_of_it_runs(copy: Path, tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    joblib.dump(Exploding(str(proof)), copy / "estimator.joblib")
    assert refusal(copy) == "artefact-altered"
    assert not proof.exists()
    joblib.load(copy / "estimator.joblib")
    assert proof.exists(), "the trap itself must work"


@pytest.mark.parametrize("damage", ["truncate", "remove"])
def test_a_damaged_file_is_refused(copy: Path, damage: str) -> None:
    file = copy / "estimator.joblib"
    if damage == "remove":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:1000])
    assert refusal(copy) == "artefact-altered"


@pytest.mark.parametrize("content", ["", "[]", "{}", "not json", '{"format": 1, "files": {}, "libraries": {}}'])
def test_what_is_no_manifest_is_refused(copy: Path, content: str) -> None:
    (copy / "manifest.json").write_text(content)
    assert refusal(copy) == "artefact-altered"


def test_another_format_is_refused(copy: Path) -> None:
    change(copy, format=99)
    assert refusal(copy) == "artefact-format"


def test_another_library_version_is_refused_by_name(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    change(copy, libraries={**manifest["libraries"], "numpy": "1.0"})
    with pytest.raises(ArtefactError, match=r"numpy 1\.0 \(here .*make train") as caught:
        load(copy)
    assert caught.value.code == "library-mismatch"


def signed(small_model: Path, folder: Path, key: str) -> Path:
    scorer = load(small_model)
    save(scorer.classifier, scorer.thresholds, folder, data={"sha256": "x"}, figures={}, created="2026-01-01T00:00:00Z",
         signing_key=key)  # fmt: skip
    return folder


def test_with_a_key_only_what_it_signed_loads(small_model: Path, copy: Path, tmp_path: Path) -> None:
    folder = signed(small_model, tmp_path / "signed", "right")
    assert load(folder, "right").version
    assert load(folder).version, "without a key, a signed model loads too"
    assert refusal(folder, "wrong") == "artefact-signature-wrong"
    assert refusal(copy, "right") == "artefact-unsigned"
    change(folder, created="2027-01-01T00:00:00Z")
    assert refusal(folder, "right") == "artefact-signature-wrong"


def test_a_manifest_cannot_point_outside_its_folder(copy: Path, tmp_path: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    (tmp_path / "outside").write_text("x")
    change(copy, files={**manifest["files"], "../outside": "0" * 64})
    assert refusal(copy) == "artefact-altered"


def test_the_registry_points_at_one_model_at_a_time(small_model: Path, tmp_path: Path) -> None:
    shutil.copytree(small_model, tmp_path / "registry")
    registry = tmp_path / "registry"
    shutil.copytree(current(registry), registry / "second")
    make_current(registry, "second")
    assert current(registry).name == "second"
    assert read_manifest(current(registry))["version"]


def test_a_failed_save_leaves_nothing_behind(small_model: Path, tmp_path: Path) -> None:
    scorer = load(small_model)
    with pytest.raises(TypeError):
        save(scorer.classifier, scorer.thresholds, tmp_path / "broken", data={"sha256": object()}, figures={},
             created="2026-01-01T00:00:00Z")  # fmt: skip
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "covered"),
    [
        ("features.py", True),
        ("policy.toml", True),
        ("lexicon/shorthand.toml", True),
        ("lexicon/cues/immediate_risk.toml", True),
        ("tables/rows.py", False),
        ("scoring.py", False),
    ],
)
def test_the_code_hash_covers_what_changes_a_score_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, covered: bool
) -> None:
    code = shutil.copytree(artefact._MODEL, tmp_path / "model", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(artefact, "_MODEL", code)
    before = code_hash()
    with (code / file).open("a") as stream:
        stream.write("\n")
    assert (code_hash() != before) == covered
