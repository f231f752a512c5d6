"""Training texts, different in every epoch: typed in a hurry, or with calm put round them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from model import entries
from model.factors import FACTORS
from training.noise import TYPING, noisy

_NOISES: Final = tuple(TYPING.values())
_LONGEST: Final = 600
"""Characters up to which a text is padded, or pads another: longer ones cost more than they teach."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts with their targets (narratives × 5, booleans: the factors, then the derived class)."""

    texts: Sequence[str]
    targets: np.ndarray


def augmented(examples: Examples, noisy_share: float, padded_share: float, rng: np.random.Generator) -> Examples:
    """One version of each example. Padding leaves the police factors as they were, since only calm texts pad; what is
    said of mental health in the padding counts."""
    labels: np.ndarray = examples.targets
    police = np.asarray(labels[:, 1 : len(FACTORS)].any(axis=1))
    short = [len(text) <= _LONGEST and not entries.stamps(text) for text in examples.texts]
    calm = np.flatnonzero(short & ~police)
    texts: list[str] = []
    targets = labels.copy()
    for at, given in enumerate(examples.texts):
        text = given
        if len(calm) and short[at] and rng.random() < padded_share:
            ways = (1, 0), (0, 1), (1, 1)
            before, after = ways[rng.integers(len(ways))]
            around = rng.choice(calm, size=before + after)
            parts = [examples.texts[i] for i in around]
            text = "\n".join([*parts[:before], text, *parts[before:]])
            targets[at, 0] |= labels[around, 0].any()
            targets[at, -1] = targets[at, 0] and not police[at]
        if rng.random() < noisy_share:
            text = noisy(text, _NOISES[int(rng.integers(len(_NOISES)))], rng) or text
        texts.append(text)
    return Examples(texts, targets)
