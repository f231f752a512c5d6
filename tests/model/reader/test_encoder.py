"""The reader as it is served: int8, alone with each narrative, from one file."""

import pickle
import sys

import numpy as np
import pytest

from model.errors import ArtefactError
from model.reader.encoder import Reader

CALM = [["she", "is", "calm", "."], ["no", "threats"]]
SHORT = [["he", "cries"]]
LONG = [["they", "walk"] * 40] * 4


def test_an_answer_does_not_hang_on_its_neighbours(tiny_reader: Reader) -> None:
    alone = tiny_reader.transform([CALM])
    assert (tiny_reader.transform([LONG, CALM, SHORT])[1] == alone[0]).all()
    assert (tiny_reader.transform([CALM]) == alone).all()


def test_a_clause_more_is_heard(tiny_reader: Reader) -> None:
    before, after = tiny_reader.transform([CALM, [*CALM, ["knife"]]])
    assert not np.allclose(before, after)


def test_five_logits_for_each_and_none_for_nothing(tiny_reader: Reader) -> None:
    assert tiny_reader.transform([CALM, [[]]]).shape == (2, 5)
    assert tiny_reader.transform([]).shape == (0, 5)


def test_it_survives_the_way_through_a_file(tiny_reader: Reader) -> None:
    again = pickle.loads(pickle.dumps(tiny_reader))
    assert (again.transform([CALM]) == tiny_reader.transform([CALM])).all()


def test_without_the_extra_it_says_what_to_install(tiny_reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = pickle.dumps(tiny_reader)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ArtefactError, match=r"reader\.txt") as caught:
        pickle.loads(kept)
    assert caught.value.code == "reader-missing"
