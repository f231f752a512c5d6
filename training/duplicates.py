"""Narratives that say nearly the same in nearly the same words."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from datasketch import MinHash, MinHashLSH

NEAR: Final = 0.5
"""Jaccard of word 3-shingles from which two narratives count as near-duplicates."""

_PERMUTATIONS: Final = 128


def shingles(text: str) -> frozenset[str]:
    """Every three words in a row; of a shorter text, all its words together."""
    words = re.findall(r"\w+", text.lower())
    return frozenset(" ".join(words[i : i + 3]) for i in range(len(words) - 2)) or frozenset({" ".join(words)})


def near_pairs(texts: Sequence[str], near: float = NEAR) -> Iterator[tuple[int, int, float]]:
    """Every pair of near-duplicates as two positions, the earlier second, and their Jaccard similarity: candidates by
    MinHash (Broder 1997), each then compared exactly."""
    index = MinHashLSH(threshold=near, num_perm=_PERMUTATIONS)
    for number, text in enumerate(texts):
        own, signature = _signed(text)
        for other in sorted(index.query(signature)):
            if (alike := _alike(own, texts[other])) >= near:
                yield number, other, alike
        index.insert(number, signature)


def near_copies(texts: Sequence[str], kept: Sequence[str], near: float = NEAR) -> np.ndarray:
    """Which of ``texts`` have a near-duplicate among ``kept``, as booleans. Memory grows with ``kept`` alone."""
    index = MinHashLSH(threshold=near, num_perm=_PERMUTATIONS)
    for number, text in enumerate(kept):
        index.insert(number, _signed(text)[1])

    def copied(text: str) -> bool:
        own, signature = _signed(text)
        return any(_alike(own, kept[other]) >= near for other in index.query(signature))

    return np.array([copied(text) for text in texts], dtype=bool)


def _signed(text: str) -> tuple[frozenset[str], MinHash]:
    own = shingles(text)
    signature = MinHash(num_perm=_PERMUTATIONS)
    signature.update_batch([s.encode("utf-8", "replace") for s in sorted(own)])
    return own, signature


def _alike(own: frozenset[str], text: str) -> float:
    other = shingles(text)
    return len(own & other) / len(own | other)
