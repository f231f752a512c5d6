"""Narratives are judged without their labels, and train with labels drawn from what was said of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from model.labelled import LabelledNarrative
from model.scorer import Scorer
from training.corpus import read_corpus
from training.distillation import SET_ASIDE, drawn, judged, unlabelled


@pytest.fixture(scope="module")
def rows() -> list[LabelledNarrative]:
    return read_corpus([SET_ASIDE])[:60]


@pytest.fixture(scope="module")
def lines(scorer: Scorer, rows: Sequence[LabelledNarrative]) -> list[dict[str, Any]]:
    return judged(scorer, rows)


def test_what_is_judged_does_not_hang_on_the_labels(rows: Sequence[LabelledNarrative]) -> None:
    turned = [row.model_copy(update={"crime": not row.crime, "mental_health": not row.mental_health}) for row in rows]
    made = list(unlabelled(rows))
    assert made == list(unlabelled(turned))
    assert len({name for name, _, _ in made}) == len(made) > 1.3 * len(rows)


def test_the_pool_holds_texts_and_probabilities_and_no_label(
    lines: list[dict[str, Any]], rows: Sequence[LabelledNarrative]
) -> None:
    assert all(line.keys() == {"id", "of", "text", "factors"} for line in lines)
    assert all(0 <= p <= 1 for line in lines for p in line["factors"].values())
    assert {line["of"] for line in lines} == {row.id for row in rows}


def test_labels_are_drawn_with_their_probability(lines: list[dict[str, Any]], tmp_path: Path) -> None:
    pool = tmp_path / "judged.jsonl"
    sure = [
        line | {"factors": {"mental_health": 1, "immediate_risk": 0, "crime": 0.5, "police_duty": 0}} for line in lines
    ]
    pool.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in sure))
    found = drawn(pool, share=1.0)
    assert [row.text for row in found] == [line["text"] for line in lines]
    assert all(row.mental_health and not row.immediate_risk and not row.police_duty for row in found)
    assert 0.2 < np.mean([row.crime for row in found]) < 0.8
    assert drawn(pool) == drawn(pool)
    assert 0.2 < len(drawn(pool)) / len(found) < 0.8
