"""Rows whose form gives their label away leave the corpus, and none is lost."""

from pathlib import Path

import numpy as np

from training.corpus import NARRATIVES, read_corpus
from training.set_aside import most_telling, move


def test_the_most_telling_rows_go_and_classes_keep_their_shares() -> None:
    only = np.arange(1000) % 4 == 0
    told = np.where(only, 0.3, 0.2) + np.arange(1000) / 2000
    out = most_telling(only, told, np.ones(1000, dtype=bool), step=0.1)
    assert len(out) == 100
    assert only[out].sum() == 25
    assert told[[i for i in out if only[i]]].min() > told[only].mean()
    assert told[[i for i in out if not only[i]]].max() < told[~only].mean()


def test_held_out_rows_never_go() -> None:
    only = np.arange(400) % 2 == 0
    may_go = np.arange(400) < 200
    assert max(most_telling(only, only.astype(float), may_go, step=0.5)) < 200


def test_moving_keeps_every_line_as_it_stands(tmp_path: Path) -> None:
    source = sorted(NARRATIVES.glob("c*.jsonl"))[0]
    here, aside = tmp_path / "narratives", tmp_path / "aside"
    here.mkdir()
    (here / source.name).write_bytes(source.read_bytes())
    rows = read_corpus([here])
    move(rows[3:7], here, aside)
    left, gone = (folder / source.name for folder in (here, aside))
    assert {r.id for r in read_corpus([aside])} == {r.id for r in rows[3:7]}
    assert sorted(left.read_bytes().splitlines() + gone.read_bytes().splitlines()) == sorted(
        source.read_bytes().splitlines()
    )
