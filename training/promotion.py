"""Which model is served: promotion, rollback, and the record of both. The registry is a folder of artefacts whose
``current`` file names one; pointing it elsewhere is atomic, and no model is ever deleted."""

import getpass
import json
import secrets
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from model.artefact import CURRENT, MANIFEST, current, load, make_current, read_manifest
from model.errors import ArtefactError, SignpostError

RECORD: Final = "promotions.jsonl"
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class Promotion:
    """One line of the record: when (UTC), by whom, which model took over from which, and why."""

    at: str
    by: str
    name: str
    was: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the registry. ``manifest`` is ``None`` where it must not be loaded, and ``fault`` says why."""

    name: str
    current: bool
    manifest: dict[str, Any] | None
    fault: str | None

    @property
    def verdict(self) -> str:
        """Of the gate; empty where the model was never compared."""
        gate = (self.manifest or {}).get("figures", {}).get("gate", {})
        return str(gate.get("verdict", ""))


def models(registry: Path, signing_key: str | None = None) -> list[Model]:
    """Every model of the registry, audited, the oldest first."""
    serving = _serving(registry)
    found = []
    for folder in sorted(p.parent for p in registry.glob(f"[!.]*/{MANIFEST}")):
        try:
            found.append(Model(folder.name, folder.name == serving, read_manifest(folder, signing_key), None))
        except SignpostError as error:
            found.append(Model(folder.name, folder.name == serving, None, error.detail))
    return found


def promote(
    registry: Path, source: Path | str, signing_key: str | None = None, why: str = "", against_the_gate: bool = False
) -> str:
    """Make a model current: one of the registry by its name, or an artefact from elsewhere, which is copied in.

    It is audited and loaded first, so that nothing that cannot serve is ever served. Returns its name.

    Raises:
        ArtefactError: as ``model.artefact.load``; ``model-unknown``; ``gate-refused`` unless ``against_the_gate``.
    """
    folder = _found(registry, source)
    manifest = read_manifest(folder, signing_key)
    gate = manifest["figures"].get("gate", {})
    if gate.get("verdict") == REFUSED and not against_the_gate:
        raise ArtefactError(
            "gate-refused",
            f"The gate refused {folder.name}: {' '.join(gate.get('reasons', []))} To promote it all the same, say "
            "--against-the-gate and --why; both are recorded.",
        )
    if folder.parent.resolve() != registry.resolve():
        folder = _copied(folder, registry)
    load(folder, signing_key)
    switch(registry, folder.name, why or "promoted")
    return folder.name


def rollback(registry: Path, signing_key: str | None = None, why: str = "") -> str:
    """Make the model current that was so before the present one. Returns its name.

    Raises:
        ArtefactError: ``nothing-to-roll-back``, or as ``model.artefact.load``.
    """
    serving = _serving(registry)
    before = [p.was for p in record(registry) if p.name == serving and p.was and p.was != serving]
    if not before:
        raise ArtefactError(
            "nothing-to-roll-back",
            f"{registry / RECORD} knows of no model before {serving}. `signpost models list` shows what there is, and "
            "`signpost models promote` takes any of them.",
        )
    load(registry / before[-1], signing_key)
    switch(registry, before[-1], why or f"rolled back from {serving}")
    return before[-1]


def switch(registry: Path, name: str, why: str) -> None:
    """Point the registry at a model, and record it."""
    was = _serving(registry)
    make_current(registry, name)
    entry = Promotion(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), _user(), name, was, why)
    with (registry / RECORD).open("a") as file:
        file.write(json.dumps(asdict(entry)) + "\n")


def record(registry: Path) -> list[Promotion]:
    """Every promotion and rollback, the oldest first. A line that was cut short is passed over."""
    try:
        lines = (registry / RECORD).read_text().splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(Promotion(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found


def models_table(found: list[Model]) -> Table:
    """For ``signpost models list``."""
    table = Table("", "model", "version", "made", "trained on", "gate")
    for model in found:
        manifest = model.manifest
        if manifest is None:
            table.add_row("→" if model.current else "", model.name, "will not load", "", "", model.fault)
            continue
        rows = manifest["data"].get("training_rows")
        table.add_row(
            "→" if model.current else "",
            model.name,
            manifest["version"],
            manifest["created"],
            f"{rows:,} rows" if isinstance(rows, int) else "",
            model.verdict or "never compared",
        )
    return table


def _serving(registry: Path) -> str | None:
    return current(registry).name if (registry / CURRENT).is_file() else None


def _found(registry: Path, source: Path | str) -> Path:
    for folder in (registry / Path(source).name, current(Path(source))):
        if (folder / MANIFEST).is_file() and (folder.parent != registry or Path(source).name == str(source)):
            return folder
    names = ", ".join(model.name for model in models(registry)) or "none"
    raise ArtefactError("model-unknown", f"There is no model {source}. The registry {registry} has: {names}.")


def _copied(folder: Path, registry: Path) -> Path:
    target = registry / folder.name
    if target.exists():
        if (target / MANIFEST).read_bytes() == (folder / MANIFEST).read_bytes():
            return target
        target = registry / f"{folder.name}-{secrets.token_hex(2)}"
    draft = registry / f".{target.name}.{secrets.token_hex(4)}"
    try:
        shutil.copytree(folder, draft)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this user id, as in some containers
        return "unknown"
