"""Words become pieces in windows, and no clause is lost or cut."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.reader.pieces import WINDOW, Cutter

tokenizers = pytest.importorskip("tokenizers", reason="needs the extra `reader`")


def cutter() -> Cutter:
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "##a", "##b"]
    pieces: Any = tokenizers.Tokenizer(
        tokenizers.models.WordPiece({word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]")
    )
    return Cutter(pieces)


CUTTER = cutter()
CLAUSE = st.lists(st.text("ab", min_size=1, max_size=6), max_size=40)


@given(st.lists(st.lists(CLAUSE, min_size=1, max_size=20), min_size=1, max_size=4))
def test_every_clause_is_pooled_from_its_own_pieces(narratives: list[list[list[str]]]) -> None:
    pieces = CUTTER.cut(narratives)
    assert pieces.ids.shape == pieces.mask.shape
    assert pieces.ids.shape[1] <= WINDOW + 8
    assert np.allclose(pieces.pool.sum(axis=1), 1)
    assert np.allclose(pieces.share.sum(axis=1), 1)
    assert ((pieces.pool > 0).sum(axis=0) <= 1).all(), "no piece belongs to two clauses"
    assert not (pieces.pool > 0)[:, pieces.mask.ravel() == 0].any(), "no clause is pooled from padding"
    read = [max(1, sum(any(clause) for clause in n)) for n in narratives]
    assert (pieces.share > 0).sum(axis=1).tolist() == read


def test_a_tokeniser_that_would_pad_does_not() -> None:
    padding = tokenizers.Tokenizer.from_str(CUTTER._tokenizer.to_str())
    padding.enable_padding(length=128)
    assert Cutter(padding).cut([[["ab", "b"]]]).mask.sum() == CUTTER.cut([[["ab", "b"]]]).mask.sum() == 5


def test_a_long_narrative_is_read_in_windows_that_are_cut_between_clauses() -> None:
    pieces = CUTTER.cut([[["a"] * 100] * 5])
    assert len(pieces.ids) == 5
    assert (pieces.pool > 0).sum(axis=1).tolist() == [100] * 5
