"""``signpost`` as a process of its own: bytes, exit statuses, and what goes where."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as parquet
import pytest

import signpost
from model.narrative import Narrative
from model.scorer import Scorer
from model.tables import can_echo, open_table
from service.bodies import item_of
from service.problems import RequestError

SIGNPOST = Path(sys.executable).with_name("signpost")
TEXTS = [
    "Caller states his sister is talking to the walls again.",
    "Male on the bridge - has a knife",
    "Ünwell, “low” 😞",
]
CSV = "id,text\n" + "".join(f'r{i},"{text}"\n' for i, text in enumerate(TEXTS))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


def run(*arguments: str | Path, given: bytes = b"", models: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | ({"SIGNPOST_MODELS": str(models)} if models else {})
    return subprocess.run([SIGNPOST, *arguments], input=given, capture_output=True, timeout=120, env=environment)


def in_process(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    """The exit status and standard error, without the price of a new process."""
    monkeypatch.setattr(sys, "argv", ["signpost", *arguments])
    try:
        status: Any = signpost.main()
    except SystemExit as end:
        status = end.code
    return status, capsys.readouterr().err


def test_scores_are_the_bytes_that_the_service_sends(folder: Path, small_model: Path, scorer: Scorer) -> None:
    (folder / "in.csv").write_text(CSV)
    result = run("score", "in.csv", "--models", small_model)
    scores = scorer.score_many([Narrative.of(text) for text in TEXTS])
    expected = [orjson.dumps(score.as_dict(f"r{i}")) + b"\n" for i, score in enumerate(scores)]
    assert result.stdout == b"".join(expected)
    assert (result.returncode, result.stderr) == (0, b"")


def test_a_bad_row_is_an_error_in_its_place_and_the_status_is_3(folder: Path, small_model: Path) -> None:
    lines = b'{"id": 1, "text": "on the bridge"}\n{"id": 2, "text": 7}\nbroken\n{"id": 4, "text": "low again"}\n'
    result = run("score", "-", given=lines, models=small_model)
    found = [orjson.loads(line) for line in result.stdout.splitlines()]
    assert [(r["id"], r.get("error", {}).get("code")) for r in found] == [
        (1, None), (2, "text-not-a-string"), (None, "row-unreadable"), (4, None)
    ]  # fmt: skip
    assert result.returncode == 3
    assert result.stderr.decode() == "2 of 4 rows could not be scored; each has its error in its place.\n"


def test_an_output_file_is_written_whole_and_standard_output_stays_empty(folder: Path, small_model: Path) -> None:
    (folder / "in.csv").write_text(CSV)
    result = run("score", "in.csv", "-o", "out.parquet", "--format", "parquet", models=small_model)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    assert parquet.read_table("out.parquet").column("id").to_pylist() == ["r0", "r1", "r2"]
    assert sorted(p.name for p in folder.iterdir()) == ["in.csv", "out.parquet"]


def test_a_reader_that_goes_away_ends_it_quietly(folder: Path, small_model: Path) -> None:
    (folder / "in.csv").write_text("text\n" + "on the bridge\n" * 3000)
    process = subprocess.Popen(
        [SIGNPOST, "score", "in.csv", "--models", small_model], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.read(10) == b'{"id":1,"d'
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == 1


def test_an_interruption_leaves_nothing_behind_and_no_traceback(folder: Path, small_model: Path) -> None:
    process = subprocess.Popen(
        [SIGNPOST, "score", "-", "-o", "out.jsonl", "--models", small_model],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stderr is not None
    process.stdin.write(b'{"id": 1, "text": "on the bridge"}\n' * 300)
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while not any(p.stat().st_size for p in folder.glob(".signpost-*.part")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [p.name for p in folder.iterdir()] != []
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert process.stderr.read() == b""
    process.stdin.close()
    process.stderr.close()
    assert list(folder.iterdir()) == []


def test_a_file_that_proves_damaged_leaves_no_output(folder: Path, small_model: Path) -> None:
    # Quotation marks that never pair up are found out only after rows have been written.
    (folder / "in.csv").write_text("id,text\n" + "1,fine\n" * 600)
    program = "import sys; from model.tables import delimited; delimited._MOST_READ_AGAIN = 1000; import signpost; "
    with (folder / "in.csv").open("a") as stream:
        stream.write('a" ,"c\n' * 300)
    command = [sys.executable, "-c", program + "sys.exit(signpost.main())", "score", "in.csv", "-o", "out.jsonl"]
    result = subprocess.run(
        command, capture_output=True, env=os.environ | {"SIGNPOST_MODELS": str(small_model)}, timeout=120
    )
    assert result.returncode == 1
    assert re.fullmatch(rb"Error: The quotation marks .*\[file-unreadable\]\n", result.stderr)
    assert [p.name for p in folder.iterdir()] == ["in.csv"]


def test_progress_is_shown_on_a_terminal_and_only_there(folder: Path, small_model: Path) -> None:
    (folder / "in.csv").write_text(CSV)
    master, terminal = pty.openpty()
    try:
        process = subprocess.run(
            [SIGNPOST, "score", "in.csv", "--models", small_model], stdout=subprocess.PIPE, stderr=terminal, timeout=120
        )
        os.close(terminal)
        shown = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:  # what Linux says where the other end is closed
                break
            if not piece:
                break
            shown += piece
    finally:
        os.close(master)
    assert process.returncode == 0
    assert len(process.stdout.splitlines()) == 3
    assert b"3 rows" in shown and b"rows/s" in shown


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["score", "none.csv"], 1, r"Error: There is no file none.csv. \[file-missing\]\n"),
        (["score", "in.txt"], 2, r"Error: Nothing is known .*\[format-unknown\]\n"),
        (["score", "in.csv", "--text-column", "log"], 2, r"Error: There is no column `log`. .*`id`, `text`.*\n"),
        (["score", "in.csv", "--id-column", "ref"], 2, r"Error: There is no column `ref`. .*\[column-missing\]\n"),
        (["score", "bad.parquet"], 1, r"Error: The file is damaged, .*\[file-unreadable\]\n"),
        (["score", "in.csv", "--models", "none"], 1, r"Error: There is no model in none.*\[artefact-missing\]\n"),
        (["score", "in.csv", "-o", "in.csv"], 2, r"(?s).*would replace the input.*"),
        (["score", "in.csv", "-o", "./link.csv"], 2, r"(?s).*would replace the input.*"),
        (["score", "in.csv", "-o", "."], 2, r"(?s).*is a folder.*"),
        (["score", "in.csv", "-o", "no/out"], 2, r"(?s).*no folder no.*"),
        (["score", "in.csv", "--format", "xml"], 2, r"(?s).*xml.*"),
        (["score"], 2, r"(?s).*INPUT.*"),
        (["scores"], 2, r"(?s).*No such command.*"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
    message: str,
) -> None:
    (folder / "in.csv").write_text(CSV)
    (folder / "link.csv").symlink_to("in.csv")
    (folder / "bad.parquet").write_bytes(b"PAR1 nothing PAR1")
    found, said = in_process(capsys, monkeypatch, *arguments)
    assert found == status
    assert re.fullmatch(message, said), said
    assert (folder / "in.csv").read_text() == CSV


def test_a_setting_that_is_wrong_is_named_without_its_value(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNPOST_PORT", "s3cret")
    status, said = in_process(capsys, monkeypatch, "serve")
    assert status == 2
    assert "SIGNPOST_PORT" in said and "s3cret" not in said


def test_what_nobody_foresaw_is_said_without_a_narrative(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise ValueError("cannot read: on the bridge")

    monkeypatch.setattr("model.tables.open_table", explode)
    status, said = in_process(capsys, monkeypatch, "score", "in.csv")
    assert status == 1
    assert re.fullmatch(r"Error: Signpost failed \(ValueError in .*\)\. Please report it\. \[internal-error\]\n", said)


def test_a_model_signed_with_another_key_does_not_score(
    folder: Path, small_model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "in.csv").write_text(CSV)
    monkeypatch.setenv("SIGNPOST_SIGNING_KEY", "a key")
    status, said = in_process(capsys, monkeypatch, "score", "in.csv", "--models", str(small_model), "-o", "out")
    assert (status, said.rpartition("[")[2]) == (1, "artefact-unsigned]\n")
    assert not (folder / "out").exists()


def test_help_lists_every_command_on_a_line_of_its_own_and_loads_no_model(folder: Path) -> None:
    program = (
        "import sys, signpost\n"
        "try: signpost.main()\n"
        "finally: print(sorted(m for m in sys.modules if m.split('.')[0] in ('model', 'training', 'service')))"
    )
    result = subprocess.run([sys.executable, "-c", program, "--help"], capture_output=True, text=True)
    assert result.returncode == 0
    for command in (
        "score",
        "train",
        "retrain",
        "serve",
        "pause",
        "drift",
        "alarm",
        "backup",
        "export-decisions",
        "models",
        "tokens",
    ):
        assert re.search(rf"^│ {command} +\S.*\.\s+│$", result.stdout, re.MULTILINE), result.stdout
    assert result.stdout.endswith(
        "['service', 'service.commands', 'service.monitoring', 'service.monitoring.commands']\n"
    )
    assert "number, from 1" in " ".join(run("score", "--help").stdout.decode().replace("│", " ").split())


@pytest.mark.parametrize("needed", [True, False])
def test_train_says_where_the_model_is_and_what_its_thresholds_are_worth(
    folder: Path, small_model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, needed: bool
) -> None:
    steps: list[object] = []

    def train(models: Path, key: str | None, progress: object, reader: bool, pool: Path | None) -> Path:
        steps.append(progress)
        return models / "small"

    monkeypatch.setattr("training.shipping.is_current", lambda *_: not needed)
    monkeypatch.setattr("training.shipping.train", train)
    monkeypatch.setattr(sys, "argv", ["signpost", "train", "--if-needed", "--models", str(small_model)])
    with pytest.raises(SystemExit) as end:
        signpost.main()
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert len(steps) == needed
    if needed:
        assert re.match(rf"Saved {small_model}/small, version 2026-01-01-\w+\.\n.*\S", said)
    else:
        assert "nothing to train" in said


@pytest.mark.parametrize(
    "identity",
    [None, "", "x", 0, -1, 2**53, 2**63, 2**64 - 1, 2**64, -(2**63) - 1, 1.5, 1.0, 1e15, 1e17, True, [], {}, "\ud800"],
)
def test_ids_are_taken_and_refused_as_the_service_does(tmp_path: Path, identity: Any) -> None:
    try:
        taken = item_of({"text": "x", "id": identity}).id == identity
    except RequestError as error:
        assert error.code == "id-invalid"
        taken = False
    assert can_echo(identity) == taken
    if identity is not None:
        (tmp_path / "t.jsonl").write_text(json.dumps({"text": "x", "id": identity}) + "\n")
        with open_table(tmp_path / "t.jsonl") as table:
            (row,) = table.rows
        assert (row.id, row.error.code if row.error else None) == ((identity, None) if taken else (None, "id-invalid"))


def test_pause_and_resume_hold_for_every_way_in(small_model: Path, tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    shutil.copytree(small_model, registry)
    rows = tmp_path / "in.jsonl"
    rows.write_text('{"id": 1, "text": "Mum says he hears voices, calm, crisis team on the way"}\n')

    def decision() -> tuple[str, str]:
        run = subprocess.run(
            [SIGNPOST, "score", rows, "--models", registry], capture_output=True, text=True, check=True
        )
        answer = json.loads(run.stdout)
        return answer["decision"], answer["because"][0]["code"]

    before = decision()
    assert before[1] != "paused"
    subprocess.run([SIGNPOST, "pause", "--why", "drill", "--models", registry], check=True, capture_output=True)
    assert decision() == ("review", "paused")
    subprocess.run([SIGNPOST, "resume", "--why", "over", "--models", registry], check=True, capture_output=True)
    assert decision() == before


def test_a_folder_is_scored_in_parts_and_the_same_command_goes_on(folder: Path, small_model: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in/calls.csv").write_text(CSV)
    (folder / "in/more.jsonl").write_text('{"id": 1, "text": ""}\n')
    how = ("score", "in", "-o", "out", "--part-rows", "2", "--jobs", "1", "--models", small_model)
    first = run(*how)
    assert first.returncode == 3
    assert first.stderr.decode() == "1 of 4 rows could not be scored; each has its error in its place.\n"
    parts = sorted((folder / "out/calls.csv").iterdir())
    whole = run("score", "in/calls.csv", "--models", small_model)
    assert b"".join(part.read_bytes() for part in parts) == whole.stdout
    again = run(*how)
    assert again.returncode == 3 and b"4 of 4 rows were finished already." in again.stderr


@pytest.mark.parametrize(
    "arguments", [("score", "in.csv", "--jobs", "2"), ("score", "in"), ("score", "in", "-o", "in/out")]
)
def test_a_folder_is_asked_for_in_the_right_way(
    folder: Path,
    small_model: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
) -> None:
    (folder / "in.csv").write_text(CSV)
    (folder / "in").mkdir()
    (folder / "in/calls.csv").write_text(CSV)
    assert in_process(capsys, monkeypatch, *arguments, "--models", str(small_model))[0] == 2


def test_drift_and_alarm_speak_in_words(folder: Path, small_model: Path, scorer: Scorer) -> None:
    models = shutil.copytree(small_model, folder / "models")
    result = run("drift", models=models)
    assert result.returncode == 0 and result.stdout.startswith(b"Too few calls to tell")
    labels = {"mental_health": True, "immediate_risk": True, "crime": False, "police_duty": False}
    reviewed = [
        {"id": str(i), "text": "hearing voices in Acacia Avenue", "decision": "flag", **labels} for i in range(9)
    ]
    lines = [json.dumps(row) for row in reviewed]
    lines += [
        json.dumps({**reviewed[0], "id": "shown", "provenance": {"blind": False}}),
        '{"id": "x", "text": "Acacia"}',
    ]
    (folder / "reviewed.jsonl").write_text("\n".join(lines))
    result = run("alarm", "reviewed.jsonl", models=models)
    assert result.returncode == 3 and b"ALARM" in result.stdout
    assert b"1 rows that were not chosen blind" in result.stderr and b"line 11: decision: missing" in result.stderr
    assert b"Acacia" not in result.stdout + result.stderr
    assert (models / "paused.json").exists()
    standing = json.loads(run("alarm", "--format", "json", models=models).stdout)
    assert (standing["number"], standing["unsafe"], standing["alarmed"]) == (9, 9, True)
    assert run("alarm", "reviewed.jsonl", "--format", "json", models=models).returncode == 3
