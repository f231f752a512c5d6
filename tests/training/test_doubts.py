"""Labels that the model doubts."""

import csv
from pathlib import Path

import numpy as np

from model.factors import FACTORS
from model.labelled import LabelledNarrative
from training.doubts import find, write


def rows(number: int) -> list[LabelledNarrative]:
    return [
        LabelledNarrative.model_validate(
            {
                "id": f"r{n}", "text": "some words", "mental_health": n % 2 == 0, "immediate_risk": n % 3 == 0,
                "crime": n % 5 == 0, "police_duty": n % 7 == 0, "difficulty": "clear", "register": "everyday",
                "style": "prose", "caller": "friend", "family": "f", "scenario": f"s{n}", "author": "w", "round": 0,
            }
        )
        for n in range(number)
    ]  # fmt: skip


def flip(row: LabelledNarrative) -> LabelledNarrative:
    return row.model_copy(update={"immediate_risk": not row.immediate_risk})


def sure(labelled: list[LabelledNarrative]) -> np.ndarray:
    truth = np.array([[getattr(r, f) for f in FACTORS] for r in labelled])
    return np.where(truth, 0.95, 0.05) + np.random.default_rng(0).uniform(-0.04, 0.04, truth.shape)


def test_flipped_labels_are_found_and_sound_ones_left_alone() -> None:
    labelled = rows(400)
    probabilities = sure(labelled)
    flipped = list(range(7, 400, 20))
    spoiled = [flip(r) if n in flipped else r for n, r in enumerate(labelled)]
    found = find(spoiled, probabilities)
    assert {(d.id, d.factor) for d in found} <= {(f"r{n}", "immediate_risk") for n in flipped}
    assert len(found) > 0.8 * len(flipped)
    assert all(d.support < 0.1 for d in found)
    assert [d.support for d in found] == sorted(d.support for d in found)


def test_what_is_written_holds_no_narrative(tmp_path: Path) -> None:
    labelled = rows(400)
    spoiled = [flip(r) if n in (7, 27, 47) else r for n, r in enumerate(labelled)]
    write(find(spoiled, sure(labelled)), tmp_path / "new" / "doubts.csv")
    text = (tmp_path / "new" / "doubts.csv").read_text()
    assert "some words" not in text
    assert {line["id"] for line in csv.DictReader(text.splitlines())} & {"r7", "r27", "r47"}
