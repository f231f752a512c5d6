"""Files made to do harm, given to the commands that read strangers' files: one sentence, within bounded memory."""

import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from model.scoring import harmless
from tests.soak.services import ROOT
from training.doubts import Doubt, write

MOST = 6_000_000_000
"""Bytes of address space that a command may take: mostly what its libraries reserve."""


def sheet_of(path: Path, parts: dict[str, tuple[bytes, int]]) -> Path:
    """A workbook with parts put in the place of its own: a piece of bytes, so many times."""
    openpyxl.Workbook().save(path.with_name("plain.xlsx"))
    with (
        zipfile.ZipFile(path.with_name("plain.xlsx")) as plain,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for name in plain.namelist():
            if name not in parts:
                bomb.writestr(name, plain.read(name))
        for name, (piece, times) in parts.items():
            with bomb.open(name, "w", force_zip64=True) as out:
                for _ in range(times):
                    out.write(piece)
    return path


def a_long_sheet(folder: Path) -> Path:
    return sheet_of(folder / "sheet.xlsx", {"xl/worksheets/sheet1.xml": (b"<row/>" * 100_000, 1_000)})


def a_large_part(folder: Path) -> Path:
    return sheet_of(folder / "picture.xlsx", {"xl/media/image1.bin": (b"\0" * 1_000_000, 600)})


def many_sheets(folder: Path) -> Path:
    book = openpyxl.Workbook()
    for number in range(1_000):
        book.create_sheet(f"s{number}")
    book.save(folder / "sheets.xlsx")
    return folder / "sheets.xlsx"


def billion_laughs(folder: Path) -> Path:
    laughs = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11))
    sheet = '<worksheet><sheetData><row><c t="str"><v>&a10;</v></c></row></sheetData></worksheet>'
    body = f"<!DOCTYPE worksheet [{laughs}]>{sheet}"
    return sheet_of(folder / "laughs.xlsx", {"xl/worksheets/sheet1.xml": (body.encode(), 1)})


FILES = (
    a_long_sheet,
    a_large_part,
    many_sheets,
    billion_laughs,
)


def bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))


@pytest.mark.skipif(sys.platform != "linux", reason="address space is bounded in this way on Linux only")
@pytest.mark.parametrize("make", FILES)
def test_a_bomb_ends_in_a_sentence(make: Callable[[Path], Path], tmp_path: Path) -> None:
    file = make(tmp_path)
    assert file.stat().st_size < 8_000_000
    done = run("score", str(file), "-o", str(tmp_path / "out.jsonl"))
    assert done.returncode in (1, 2), done.stderr
    assert done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1
    assert done.stderr.strip().endswith(("[file-unreadable]", "[column-missing]"))
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="address space is bounded in this way on Linux only")
def test_retraining_refuses_the_same_files(tmp_path: Path) -> None:
    done = run(
        "retrain",
        "--data",
        str(a_long_sheet(tmp_path)),
        "-o",
        str(tmp_path / "o"),
    )
    assert done.returncode == 1, done.stderr
    assert "[file-unreadable]" in done.stderr and "Traceback" not in done.stderr


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "signpost.py", *arguments],
        cwd=ROOT,
        preexec_fn=bounded,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1"])
def test_no_list_for_people_holds_a_formula(start: str, tmp_path: Path) -> None:
    assert harmless(start) == "'" + start
    write([Doubt(start, "crime", True, 0.1)], tmp_path / "doubts.csv")
    assert f"'{start[:2]}" in (tmp_path / "doubts.csv").read_bytes().decode()
