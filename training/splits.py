"""Who trains, who calibrates, who tests. No split cuts an author; held-out families stay out of training everywhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import orjson
from sklearn.model_selection import GroupKFold

from model.errors import DataError
from model.labelled import LabelledNarrative
from training.corpus import DATA

SPLITS: Final = DATA / "splits.json"


@dataclass(frozen=True, slots=True)
class Splits:
    """Authors of each part, and the families that only the second test holds."""

    training: frozenset[str]
    calibration: frozenset[str]
    test: frozenset[str]
    unseen_families: frozenset[str]

    def part(self, row: LabelledNarrative) -> str:
        """``training``, ``calibration``, ``test`` or ``test_unseen_families``.

        Raises:
            DataError: ``rows-invalid`` when the author is in no part.
        """
        if row.author in self.test:
            return "test_unseen_families" if row.family in self.unseen_families else "test"
        if row.author in self.training:
            return "training"
        if row.author in self.calibration:
            return "calibration"
        raise DataError("rows-invalid", f"author {row.author!r} of {row.id!r} stands in no part of {SPLITS.name}")

    def of(self, rows: Sequence[LabelledNarrative], part: str) -> list[LabelledNarrative]:
        """The rows of a part."""
        return [row for row in rows if self.part(row) == part]


def read_splits(path: Path = SPLITS) -> Splits:
    """The fixed splits.

    Raises:
        DataError: ``file-missing``, ``file-unreadable`` or ``rows-invalid`` when an author stands in two parts.
    """
    try:
        table = orjson.loads(path.read_bytes())
        splits = Splits(*(frozenset(table[name]) for name in ("training", "calibration", "test", "unseen_families")))
    except FileNotFoundError:
        raise DataError("file-missing", f"There is no {path}.") from None
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise DataError("file-unreadable", f"{path}: {error}") from None
    training, calibration, test = splits.training, splits.calibration, splits.test
    twice = (training & calibration) | (training & test) | (calibration & test)
    if twice:
        raise DataError("rows-invalid", f"{path}: {', '.join(sorted(twice))} in two parts")
    return splits


def leave_authors_out(
    rows: Sequence[LabelledNarrative], folds: int = 6, calibrators: float = 0.25
) -> Iterator[tuple[list[int], list[int], list[int]]]:
    """Folds for measuring: (training, calibration, held out), as positions in ``rows``; no author in two of them."""
    authors = np.array([row.author for row in rows])
    for inside, held in GroupKFold(min(folds, len(set(authors)))).split(authors, groups=authors):
        names = sorted(set(authors[inside]))
        spaced = max(2, round(1 / calibrators))
        calibrating = set(names[::spaced])
        yield (
            [int(i) for i in inside if authors[i] not in calibrating],
            [int(i) for i in inside if authors[i] in calibrating],
            [int(i) for i in held],
        )
