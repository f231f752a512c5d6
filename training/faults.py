"""Problems of rows, for a person: in the terminal, as a CSV, and the rows themselves set aside."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Final

from rich.markup import escape
from rich.table import Table

from model.errors import DataError
from model.scoring import harmless_row
from training.corpus import Fault
from training.intake import Intake

_SHOWN: Final = 40


def write_faults(intake: Intake, folder: Path) -> None:
    """``faults.csv``, one problem a line, and ``set-aside.jsonl``, every faulty row as it came (narratives and all)."""
    with (folder / "faults.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Fault)])
        writer.writeheader()
        writer.writerows(harmless_row(asdict(fault)) for fault in intake.faults)
    with (folder / "set-aside.jsonl").open("wb") as lines:
        for row in intake.set_aside:
            # The standard library's: it also writes half characters and stray bytes, which may be why a row is here.
            lines.write(json.dumps(row, default=str).encode() + b"\n")


def fault_table(faults: Sequence[Fault], shown: int = _SHOWN) -> Table:
    """The problems for a person: those alike on one line, with the first of their rows."""
    alike: dict[tuple[str, str, str], list[int]] = {}
    for fault in faults:
        alike.setdefault((fault.file, fault.field, fault.reason), []).append(fault.line)
    table = Table("file", "rows", "field", "reason", title=f"{len(faults):,} problems", title_justify="left")
    for (file, name, reason), rows in list(alike.items())[:shown]:
        first = ", ".join(f"{row:,}" for row in rows[:5])
        table.add_row(
            escape(file), first + (f" and {len(rows) - 5:,} more" if len(rows) > 5 else ""), name, escape(reason)
        )
    if len(alike) > shown:
        table.add_row("…", "", "", f"{len(alike) - shown:,} more kinds; faults.csv lists every one")
    return table


def check_share(intake: Intake, most: float) -> None:
    """Refuse to go on when too many rows have problems.

    Raises:
        DataError: ``rows-invalid``, with the counts.
    """
    if not intake.examples or intake.share_faulty > most:
        rows = len(intake.examples) + len(intake.set_aside)
        raise DataError(
            "rows-invalid",
            f"{len(intake.set_aside):,} of {rows:,} rows have problems ({intake.share_faulty:.1%}; at most {most:.0%} "
            "may), so nothing was trained. faults.csv lists every one with its file, row, field and reason; "
            "set-aside.jsonl holds the rows. Mend the export or the mapping file and run again.",
        )
