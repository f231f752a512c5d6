"""Calm put round narratives that the heads learn from, so that a page of calm hides no line of danger.

A linear score of a whole averages: the longer the text, the less one sentence weighs in it. So some of what the heads
learn from are narratives with others before and behind them in which nobody needs the police; of those that are padded
as many need the police as of all, so that length by itself says nothing (docs/decisions.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SHARE: Final = 0.15
"""Padded narratives for each narrative."""
SHORT: Final = 110
"""Words up to which a narrative is padded."""
CALM: Final = 90
"""Words up to which a narrative pads others."""
MOST: Final = 3
"""Narratives that are put round one."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Padded:
    """Texts with calm round them, their labels (texts × 4, columns as ``FACTORS``) and the group of each."""

    texts: list[str]
    labels: Bools
    group: NDArray[np.int64]


def padded(texts: Sequence[str], labels: Bools, group: NDArray[np.int64], seed: int = 0) -> Padded:
    """Some of the texts, each with one to three calm ones of its group round it. Mental health holds where it does in
    any of them; the other factors are the padded text's own."""
    rng = np.random.default_rng(seed)
    words = np.array([len(text.split()) for text in texts])
    calm = ~labels[:, 1:].any(axis=1) & (words <= CALM)
    made: list[tuple[str, Bools, int]] = []
    for number in np.unique(group).tolist():
        here = group == number
        short, around = np.flatnonzero((words <= SHORT) & here), np.flatnonzero(calm & here)
        if len(short) and len(around):
            some = rng.choice(short, size=round(SHARE * int(here.sum())))
            made += [(*one, number) for one in _put_round(texts, labels, some.tolist(), around, rng)]
    return Padded(
        [text for text, _, _ in made],
        np.array([label for _, label, _ in made], dtype=bool).reshape(-1, labels.shape[1]),
        np.array([number for _, _, number in made], dtype=np.int64),
    )


def _put_round(
    texts: Sequence[str], labels: Bools, some: Sequence[int], calm: NDArray[np.int64], rng: np.random.Generator
) -> Iterator[tuple[str, Bools]]:
    for at in some:
        around = rng.choice(calm, size=int(rng.integers(1, MOST + 1)))
        parts = [texts[i] for i in around]
        parts.insert(int(rng.integers(len(parts) + 1)), texts[at])
        label = labels[at].copy()
        label[0] |= labels[around, 0].any()
        yield " ".join(parts), label
