"""Does Signpost know what it does not know? ``python -m training.strangers`` shows it documents that are no call logs.

Other languages, leaflets, letters, novels, code, noise (``data/unfamiliar/``). Each should be recognised as unfamiliar,
or at least not be flagged; and no call log should be taken for one of them.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
from rich.table import Table

from model.errors import DataError
from model.labelled import LabelledNarrative
from model.score import Score
from model.scoring import ManyScorer
from training.corpus import DATA
from training.trials import Figures, at_most, command, in_words, score_texts, share, table

DOCUMENTS: Final = DATA / "unfamiliar"
FLAGGED_BAR: Final = 0.02
MISTAKEN_BAR: Final = 0.01


@dataclass(frozen=True, slots=True)
class Document:
    """A text that is no call log, and what it is."""

    id: str
    kind: str
    text: str


def read_documents(folder: Path = DOCUMENTS) -> list[Document]:
    """All documents of a folder, in the order of their files.

    Raises:
        DataError: ``rows-invalid``, naming file and line.
    """
    documents = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                documents.append(Document(**orjson.loads(line)))
            except (orjson.JSONDecodeError, TypeError):
                raise DataError("rows-invalid", f"{path}:{number}: not a document (id, kind, text)") from None
    return documents


def measure(scorer: ManyScorer, documents: Sequence[Document], rows: Sequence[LabelledNarrative]) -> Figures:
    """Shares of documents recognised and flagged, by kind and in all, and of call logs taken for strangers."""
    scores = score_texts(scorer, [document.text for document in documents])
    kinds = {kind: [s for d, s in zip(documents, scores, strict=True) if d.kind == kind] for kind in _kinds(documents)}
    mistaken = share(_unfamiliar(s) for s in score_texts(scorer, [row.text for row in rows]))
    everything = _shares(scores)
    return {
        "documents": {**{kind: _shares(own) for kind, own in kinds.items()}, "all": everything},
        "mistaken": mistaken,
        "bars": [
            at_most("documents flagged", everything["flagged"]["share"], FLAGGED_BAR),
            at_most("call logs taken for something else", mistaken["share"], MISTAKEN_BAR),
        ],
    }


def _kinds(documents: Sequence[Document]) -> list[str]:
    return list(dict.fromkeys(document.kind for document in documents))


def _shares(scores: Sequence[Score]) -> Figures:
    return {
        "recognised": share(_unfamiliar(s) for s in scores),
        "for review": share(s.decision == "review" for s in scores),
        "flagged": share(s.decision == "flag" for s in scores),
    }


def _unfamiliar(score: Score) -> bool:
    return any(because.code.startswith("unfamiliar") for because in score.because)


def tables(figures: Figures) -> list[Table]:
    """For the terminal."""
    return [
        table(
            "Documents that are no call logs, with 95% intervals (Wilson)",
            ("kind", "documents", "recognised", "for review", "flagged"),
            (
                (kind, own["flagged"]["number"], *(in_words(own[k]) for k in ("recognised", "for review", "flagged")))
                for kind, own in figures["documents"].items()
            ),
        ),
        table("Call logs", ("taken for something else",), [(in_words(figures["mistaken"]),)]),
    ]


def main() -> int:
    """Show the current model the documents."""
    return command(
        "strangers",
        "Does Signpost know what it does not know?",
        lambda scorer, rows, _: measure(scorer, read_documents(), rows),
        tables,
    )


if __name__ == "__main__":
    sys.exit(main())
