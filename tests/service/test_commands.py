"""The desk's commands, as people type them."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import signpost
from model.errors import ReviewError, StoreError
from service.desk import incidents, reading, review
from service.desk.decisions import Choice
from service.desk.destinations import read_destinations
from service.person import Person
from service.settings import Settings
from service.store import Store, open_store

NOW = datetime.now(UTC)
ANN = Person("ann", "reviewer")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scorer: Any) -> Store:
    """The store that the commands find, with one incident, decided."""
    url = f"sqlite:///{tmp_path / 'signpost.db'}"
    monkeypatch.setenv("SIGNPOST_DATABASE", url)
    monkeypatch.chdir(tmp_path)
    store, settings = open_store(url), Settings(blind_every=0, second_reader_share=0)
    incidents.receive(store, scorer, incidents.Log("A", "Mr Pell is hearing voices", "cad"), settings, NOW)
    with store.writing() as session:
        reading.open_incident(session, ANN, "A", settings, NOW)
    with store.writing() as session:
        choice = Choice("signposted", "crisis-team")
        review.decide(session, ANN, "A", 1, choice, settings, read_destinations(), NOW)
    return store


def run(*words: str) -> Result:
    return CliRunner().invoke(signpost.app, [*words])


def test_a_token_is_shown_once_listed_without_itself_and_revoked(kept: Store) -> None:
    token = run("tokens", "create", "--role", "reviewer", "--name", "Ann Other").stdout.strip()
    assert len(token) > 40
    listed = run("tokens", "list").stdout
    assert "Ann Other" in listed and "good" in listed and token not in listed
    assert run("tokens", "revoke", "1").exit_code == 0
    assert "revoked" in run("tokens", "list").stdout


def test_the_record_is_verified_and_its_end_can_be_noted(kept: Store) -> None:
    said = run("audit", "verify").stdout
    assert "The record holds: 3 entries." in said
    noted = said.strip().split()[-1]
    run("tokens", "create", "--role", "auditor", "--name", "x")
    assert run("audit", "verify", "--noted", noted).exit_code == 0
    wrong = run("audit", "verify", "--noted", "3:" + "0" * 64)
    assert isinstance(wrong.exception, StoreError)
    assert run("audit", "verify", "--noted", "three").exit_code == 2


def test_the_record_is_exported_with_filters(kept: Store, tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    assert run("audit", "export", "-o", str(path), "--reference", "A", "--action", "decided").exit_code == 0
    (line,) = path.read_text().splitlines()
    assert json.loads(line)["actor"] == "ann"
    assert "voices" not in run("audit", "export").stdout


def test_a_backup_and_its_restore(kept: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("backup", "b.gz").exit_code == 0
    monkeypatch.setenv("SIGNPOST_DATABASE", f"sqlite:///{tmp_path / 'again.db'}")
    assert "The record holds: 3:" in run("restore", "b.gz").stdout


def test_hold_release_and_purge(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNPOST_RETENTION_DAYS", "0.0000001")
    assert "1 undecided" in run("purge", "--dry-run").stdout
    assert run("hold", "A", "--why", "inquest").exit_code == 0
    assert "1 under legal hold" in run("purge").stdout
    assert run("release", "A", "--why", "closed").exit_code == 0
    assert isinstance(run("hold", "nowhere", "--why", "x").exception, ReviewError)


def test_decisions_are_exported_masked_unless_told_otherwise(kept: Store) -> None:
    row = json.loads(run("export-decisions").stdout)
    assert row["text"] == "Mr [name] is hearing voices"
    assert (row["mental_health"], row["crime"], row["provenance"]["blind"]) == (True, False, False)
    assert "Pell" in run("export-decisions", "--no-mask").stdout
    assert '"action":"exported"' in run("audit", "export").stdout


def test_an_error_of_ours_is_one_plain_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "signpost", "audit", "verify"]
    environment = {"SIGNPOST_DATABASE": "nonsense", "PATH": "", "PYTHONPATH": str(Path(signpost.__file__).parent)}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "[database-url-wrong]" in result.stderr
