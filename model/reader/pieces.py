"""From words to what an encoder takes: word pieces in windows, and which of them belong to which clause."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from model.features import Floats, Ints
from model.reader.words import Clauses

WINDOW: Final = 192
"""Word pieces that are read together; a longer narrative is read in several windows, cut between clauses."""

_STEP: Final = 8
"""Widths are multiples of this, so that few shapes occur and the libraries underneath prepare each only once."""
_LONGEST_WORD: Final = 12
_REMEMBERED: Final = 50_000


@dataclass(frozen=True, slots=True)
class Pieces:
    """What the encoder takes of narratives that are read together.

    ``ids`` and ``mask`` (windows × pieces); ``pool`` (clauses × windows·pieces) takes the mean over each clause's
    pieces; ``share`` (narratives × clauses) is each clause's share of its narrative's pieces.
    """

    ids: Ints
    mask: Ints
    pool: Floats
    share: Floats

    def feeds(self) -> dict[str, np.ndarray]:
        """By the names that the encoder's graph has."""
        return {
            "ids": self.ids,
            "mask": self.mask,
            "pool": self.pool.astype(np.float32),
            "share": self.share.astype(np.float32),
        }


class Cutter:
    """Cuts words into the encoder's pieces, each word once as long as it is remembered.

    Args:
        tokenizer: of the ``tokenizers`` library, with the special tokens of BERT.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        # Its file may ask for texts of one length; words are cut one by one, and windows are filled here.
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._begin, self._end = (tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))
        self.hidden: int = tokenizer.token_to_id("[MASK]")
        self._known: dict[str, list[int]] = {}

    def cut(self, narratives: Sequence[Clauses]) -> Pieces:
        """Pieces of narratives that are read together."""
        windows: list[list[int]] = []
        clauses: list[tuple[int, int, int, int]] = []  # narrative, window, begin, end
        for number, narrative in enumerate(narratives):
            windows.append([])
            for words in narrative:
                ids = [i for word in words for i in self._ids(word)][: WINDOW - 2]
                if not ids:
                    continue
                if len(windows[-1]) + len(ids) > WINDOW - 2:
                    windows.append([])
                begin = len(windows[-1]) + 1
                windows[-1].extend(ids)
                clauses.append((number, len(windows) - 1, begin, begin + len(ids)))
            if not clauses or clauses[-1][0] != number:  # nothing to read: the window's first piece stands for it
                clauses.append((number, len(windows) - 1, 0, 1))
        return self._packed(len(narratives), windows, clauses)

    def _packed(self, narratives: int, windows: list[list[int]], clauses: list[tuple[int, int, int, int]]) -> Pieces:
        width = -(-(max(map(len, windows)) + 2) // _STEP) * _STEP
        ids = np.zeros((len(windows), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, cut in enumerate(windows):
            ids[row, : len(cut) + 2] = [self._begin, *cut, self._end]
            mask[row, : len(cut) + 2] = 1
        pool = np.zeros((len(clauses), len(windows) * width))
        share = np.zeros((narratives, len(clauses)))
        for at, (narrative, window, begin, end) in enumerate(clauses):
            pool[at, window * width + begin : window * width + end] = 1.0 / (end - begin)
            share[narrative, at] = end - begin
        return Pieces(ids, mask, pool, share / share.sum(axis=1, keepdims=True))

    def _ids(self, word: str) -> list[int]:
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= _REMEMBERED:  # a service lives for months: what it remembers must not grow
                self._known.clear()
            known = self._known[word] = self._tokenizer.encode(word, add_special_tokens=False).ids[:_LONGEST_WORD]
        return known
