"""What the corpus covers, pair by pair: ``python -m training.coverage > data/COVERAGE.md``."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from model.labelled import STYLES, LabelledNarrative
from training.corpus import NARRATIVES, read_corpus

KINDS: Final = ("mental health only", "mental_health", "immediate_risk", "crime", "police_duty", "no factor")
"""The factors, the derived class, and neither."""


def kinds(row: LabelledNarrative) -> list[str]:
    """The columns of a table of kinds that a row counts in."""
    named = [factor for factor, holds in row.labels().items() if holds]
    return [*named, *(["mental health only"] if row.mental_health_only else []), *([] if named else ["no factor"])]


def table(
    rows: Sequence[LabelledNarrative],
    name: str,
    line: Callable[[LabelledNarrative], str],
    columns: Sequence[str],
    cells: Callable[[LabelledNarrative], Sequence[str]],
) -> list[str]:
    """A Markdown table of counts, then the pairs that stand empty."""
    counts = Counter((line(row), cell) for row in rows for cell in cells(row))
    totals = Counter(line(row) for row in rows)
    out = [f"## {name}", "", f"| | {' | '.join(columns)} | all |", "|---|" + "---|" * (len(columns) + 1)]
    out += [f"| {k} | {' | '.join(str(counts[k, c]) for c in columns)} | {totals[k]} |" for k in sorted(totals)]
    empty = [f"{k} × {c}" for k in sorted(totals) for c in columns if not counts[k, c]]
    return [*out, "", f"Empty: {'; '.join(empty) if empty else 'none'}.", ""]


def main() -> int:
    """Print the tables."""
    rows = read_corpus([NARRATIVES])
    out = [f"# Coverage of {len(rows)} narratives by {len({r.author for r in rows})} writers", ""]
    out += table(rows, "Family × factors", lambda r: r.family, KINDS, kinds)
    out += table(rows, "Family × style", lambda r: r.family, STYLES, lambda r: [r.style])
    out += table(rows, "Style × factors", lambda r: r.style, KINDS, kinds)
    out += table(rows, "Caller × factors", lambda r: r.caller, KINDS, kinds)
    out += table(rows, "Register × factors", lambda r: r.register_, KINDS, kinds)
    out += table(rows, "Writer × factors", lambda r: r.author, KINDS, kinds)
    sys.stdout.write("\n".join(out) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
