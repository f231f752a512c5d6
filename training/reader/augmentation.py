"""Training texts, different in every epoch: typed in a hurry, names masked or changed, adults older or younger."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from training.descriptors import age
from training.noise import TYPING, noisy
from training.persons import masked, names

_NOISES: Final = tuple(TYPING.values())


def augmented(texts: Sequence[str], noisy_share: float, renamed_share: float, rng: np.random.Generator) -> list[str]:
    """One version of each text. What it says, and so its labels, stay as they were."""
    return [_altered(text, noisy_share, renamed_share, rng) for text in texts]


def _altered(text: str, noisy_share: float, renamed_share: float, rng: np.random.Generator) -> str:
    if rng.random() < renamed_share:
        text = _renamed(text, rng)
    if rng.random() < noisy_share:
        text = noisy(text, _NOISES[int(rng.integers(len(_NOISES)))], rng) or text
    return text


def _renamed(text: str, rng: np.random.Generator) -> str:
    way = rng.integers(3)
    if way == 0:
        return masked(text)
    versions = (names if way == 1 else age)(text, rng)  # sex and faith the reader does not see
    return versions[int(rng.integers(len(versions)))][2] if versions else text
