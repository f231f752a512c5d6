"""The model on disk: a folder with the estimator (joblib) and its manifest, audited before anything is loaded.

A joblib file runs code when it is loaded. So the manifest is read first: the sha256 of every file must match, the
libraries must be those it was made with, and, where a signing key is set, the manifest must carry its HMAC. Without a
key the hashes protect against accidents, not against somebody who can write both files.
"""

import hashlib
import hmac
import json
import platform
import secrets
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any, Final

import joblib

from model.classifier import NarrativeClassifier
from model.cues import load_kinds
from model.decision import POLICY, Thresholds, load_policy, load_stop_cues
from model.errors import ArtefactError
from model.pause import PauseSwitch
from model.profile import Profile
from model.scorer import Scorer

FORMAT: Final = 1
ESTIMATOR: Final = "estimator.joblib"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.hmac"
CURRENT: Final = "current"
LIBRARIES: Final = ("scikit-learn", "numpy", "scipy", "spacy", "joblib", "venn-abers", "snowballstemmer", "ftfy")
READER_LIBRARIES: Final = ("onnxruntime", "tokenizers")
_MODEL: Final = Path(__file__).parent


def save(
    classifier: NarrativeClassifier,
    thresholds: Thresholds,
    folder: Path,
    *,
    data: Mapping[str, Any],
    figures: Mapping[str, Any],
    created: str,
    profile: Profile | None = None,
    signing_key: str | None = None,
    attachments: Mapping[str, bytes] | None = None,
) -> str:
    """Write the artefact into ``folder`` (made anew, complete or not at all) and return its version.

    Args:
        data: what it was trained on: at least ``sha256`` of the rows and their number.
        figures: measured figures, for the manifest and ``/v1/model``.
        created: when, as ISO 8601 in UTC.
        profile: of the calibration part, which ``signpost drift`` compares with.
        signing_key: signs the manifest when given.
        attachments: further files by name, audited as the estimator is but never loaded.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    draft.mkdir()
    try:
        joblib.dump(classifier, draft / ESTIMATOR, compress=("zlib", 3))
        for name, content in (attachments or {}).items():
            (draft / name).write_bytes(content)
        manifest = {
            "format": FORMAT,
            "created": created,
            "files": {name: _sha256(draft / name) for name in (ESTIMATOR, *(attachments or {}))},
            "libraries": libraries(with_reader=classifier.reader is not None),
            "code": code_hash(),
            "data": dict(data),
            "thresholds": thresholds.as_dict(),
            "figures": dict(figures),
            "profile": profile.as_dict() if profile else None,
        }
        manifest["version"] = f"{created[:10]}-{_digest(manifest)[:12]}"
        written = json.dumps(manifest, indent=2, sort_keys=True).encode()
        (draft / MANIFEST).write_bytes(written)
        if signing_key:
            (draft / SIGNATURE).write_text(_sign(written, signing_key) + "\n")
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return str(manifest["version"])


def read_manifest(folder: Path, signing_key: str | None = None) -> dict[str, Any]:
    """Audit an artefact without loading it.

    Raises:
        ArtefactError: ``artefact-missing``, ``artefact-format``, ``artefact-unsigned``, ``artefact-signature-wrong``,
            ``artefact-altered``, ``library-mismatch`` or ``reader-missing``, each with what to do.
    """
    try:
        content = (folder / MANIFEST).read_bytes()
    except OSError:
        raise ArtefactError(
            "artefact-missing", f"There is no model in {folder}: {MANIFEST} cannot be read. `make train` makes one."
        ) from None
    if signing_key:
        _check_signature(folder, content, signing_key)
    try:
        manifest: dict[str, Any] = json.loads(content)
        files, format_number = dict(manifest["files"]), manifest["format"]
        made_with = dict(manifest["libraries"])
    except (ValueError, KeyError, TypeError):
        raise ArtefactError(
            "artefact-altered", f"{folder / MANIFEST} is not a manifest of Signpost. `make train` makes a new model."
        ) from None
    if format_number != FORMAT:
        raise ArtefactError(
            "artefact-format",
            f"The model in {folder} has format {format_number}; this Signpost reads format {FORMAT}. "
            "Train again with `make train`, or use the Signpost that made it.",
        )
    if ESTIMATOR not in files:
        raise ArtefactError("artefact-altered", f"{folder / MANIFEST} does not name {ESTIMATOR}.")
    for name, expected in files.items():
        path = folder / Path(name).name
        if not path.is_file() or not hmac.compare_digest(_sha256(path), str(expected)):
            raise ArtefactError(
                "artefact-altered",
                f"{path} is missing or is not the file that the manifest describes, so it was not loaded. "
                "Restore it from where it came, or train again with `make train`.",
            )
    here = _libraries_here(folder, not made_with.keys().isdisjoint(READER_LIBRARIES))
    different = [
        f"{name} {made_with.get(name)} (here {here[name]})" for name in here if made_with.get(name) != here[name]
    ]
    if different:
        raise ArtefactError(
            "library-mismatch",
            f"The model in {folder} was made with {', '.join(different)}. "
            "Install the pinned requirements, or train again with `make train`.",
        )
    return manifest


def load(
    folder: Path, signing_key: str | None = None, policy: Path | None = None, prevalence: float | None = None
) -> Scorer:
    """Audit, then load: a scorer that is ready to score.

    Args:
        folder: an artefact, or a registry whose ``current`` file names one; the pause switch lies in it.
        signing_key: when given, only artefacts signed with it load.
        policy: the force's policy file; the default one otherwise.
        prevalence: the deployment's own share of mental-health-only calls, to correct the confidence for.

    Raises:
        ArtefactError: as ``read_manifest``.
        LexiconError: the policy or the stop cues do not parse.
    """
    switch = PauseSwitch(folder)
    folder = current(folder)
    manifest = read_manifest(folder, signing_key)
    classifier = joblib.load(folder / ESTIMATOR)
    if not isinstance(classifier, NarrativeClassifier):
        raise ArtefactError("artefact-altered", f"{folder / ESTIMATOR} holds no narrative classifier.")
    return assembled(classifier, Thresholds(**manifest["thresholds"]), manifest, policy, switch, prevalence)


def assembled(
    classifier: NarrativeClassifier,
    thresholds: Thresholds,
    manifest: dict[str, Any],
    policy: Path | None = None,
    switch: PauseSwitch | None = None,
    prevalence: float | None = None,
) -> Scorer:
    """The whole rule round an estimator: thresholds, stop cues and policy. Raises ``LexiconError`` as ``load``."""
    kinds = load_kinds()
    return Scorer(
        classifier=classifier,
        thresholds=thresholds,
        stop_cues=load_stop_cues(kinds=kinds),
        policy=load_policy(policy or POLICY, kinds),
        version=str(manifest["version"]),
        manifest=manifest,
        switch=switch,
        prevalence=prevalence,
    )


def current(folder: Path) -> Path:
    """The artefact's folder: ``folder`` itself, or the one that its ``current`` file names."""
    pointer = folder / CURRENT
    if not pointer.is_file():
        return folder
    return folder / Path(pointer.read_text().strip()).name


def make_current(registry: Path, name: str) -> None:
    """Point the registry at one of its artefacts, at once and completely."""
    draft = registry / f".{CURRENT}.{secrets.token_hex(4)}"
    draft.write_text(name + "\n")
    draft.replace(registry / CURRENT)


def libraries(with_reader: bool = False) -> dict[str, str]:
    """The versions that the estimator depends on, Python's minor version among them."""
    names = (*LIBRARIES, *(READER_LIBRARIES if with_reader else ()))
    return {"python": ".".join(platform.python_version_tuple()[:2])} | {n: library_version(n) for n in names}


def _libraries_here(folder: Path, with_reader: bool) -> dict[str, str]:
    try:
        return libraries(with_reader)
    except PackageNotFoundError as error:
        raise ArtefactError(
            "reader-missing",
            f"The model in {folder} has a reader, which needs {error.name}. Install what requirements/reader.txt pins "
            "(`make reader-serving`), or make a model without a reader current (`signpost models promote`).",
        ) from None


def code_hash() -> str:
    """sha256 over the code and the lexicon that turn a text into a score."""
    # Not over tables/ and scoring.py: they bring texts in and carry results out, and change no score.
    code = (p for p in (*_MODEL.glob("*.py"), *_MODEL.glob("reader/*.py")) if p.name != "scoring.py")
    return files_hash(sorted([*code, *_MODEL.rglob("*.toml"), *_MODEL.glob("lexicon/*.txt")]))


def files_hash(paths: Iterable[Path]) -> str:
    """sha256 over the names and contents of files, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _check_signature(folder: Path, content: bytes, signing_key: str) -> None:
    try:
        signature = (folder / SIGNATURE).read_text().strip()
    except OSError:
        raise ArtefactError(
            "artefact-unsigned",
            f"A signing key is set, but the model in {folder} carries no signature ({SIGNATURE}), so it was not "
            "loaded. Train or promote it where the key is set.",
        ) from None
    if not hmac.compare_digest(signature, _sign(content, signing_key)):
        raise ArtefactError(
            "artefact-signature-wrong",
            f"The signature of the model in {folder} does not fit its manifest and the signing key set here, so it was "
            "not loaded: it was altered, or signed with another key.",
        )


def _sign(content: bytes, key: str) -> str:
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
