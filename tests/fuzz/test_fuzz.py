"""A few of the inputs of ``make fuzz``, so that what they ask stays true and the fuzzers themselves stay alive."""

import signal
from functools import partial
from pathlib import Path

import pytest

from tests.fuzz import wire
from tests.fuzz.__main__ import HangError, fuzz, hang
from tests.fuzz.interface import attempt
from tests.fuzz.targets import IN_PROCESS

FEW = {"scoring": 60, "workbooks": 12, "parquet": 60, "lexicon": 60}


@pytest.fixture(autouse=True)
def _alarm() -> None:
    signal.signal(signal.SIGPROF, hang)


@pytest.mark.parametrize("name", IN_PROCESS)
def test_nothing_that_can_be_sent_breaks(name: str, small_model: Path) -> None:
    check = partial(IN_PROCESS[name], models=small_model) if name == "scoring" else IN_PROCESS[name]
    assert fuzz(name, check, 1, FEW.get(name, 300)) == []


def test_any_bytes_on_the_wire_have_a_documented_answer() -> None:
    with wire.service() as send:
        assert fuzz("wire", send, 1, 400) == []


def test_a_failure_and_a_hang_are_named_by_number_and_never_shown(capsys: pytest.CaptureFixture[str]) -> None:
    def check(number: int) -> None:
        if number == 2:
            raise ValueError("the input itself")
        while number == 3:
            pass

    assert fuzz("odd", check, 1, 4) == ["odd 2: ValueError", f"odd 3: {HangError.__name__}"]
    assert "the input itself" not in "".join(capsys.readouterr())


def test_the_service_does_what_its_document_says(tmp_path: Path) -> None:
    done = attempt(None, 2, 7, tmp_path)
    assert done.returncode == 0, done.stdout[-8000:]
    assert "20 selected / 20 total" in done.stdout
