"""Long narratives are read through windows too, and the most dangerous one is believed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.reader.encoder import Reader
from model.reader.windows import FACTOR_MARGIN, LONG, OPINION_MARGIN, WORDS, believed, windows

NARRATIVE = st.lists(st.integers(0, 30).map(lambda n: ["calm"] * n), min_size=1, max_size=60)


@given(NARRATIVE)
def test_windows_hold_every_clause_whole_and_in_order(narrative: list[list[str]]) -> None:
    numbered = [[f"{at}"] * len(words) for at, words in enumerate(narrative)]
    found = windows(numbered)
    if sum(map(len, narrative)) <= LONG:
        assert found == []
        return
    assert {w for pane in found for words in pane for w in words} == {w for words in numbered for w in words}
    assert all(words in numbered for pane in found for words in pane)
    assert all(sum(map(len, pane)) <= WORDS or len(pane) == 1 for pane in found)
    firsts = [int(words[0]) for pane in found for words in pane[:1] if words]
    assert firsts == sorted(firsts)


def test_the_window_with_most_danger_is_believed_less_the_margin() -> None:
    whole = np.array([1.0, -3.0, -3.0, 2.0, 2.0])
    panes = np.array([[0.0, -4.0, -4.0, -4.0, 3.0], [0.0, 2.0, -4.0, -4.0, -2.0]])
    found = believed(whole, panes)
    assert found.tolist() == [1.0, 2.0 - FACTOR_MARGIN, -3.0, 2.0, -2.0 + OPINION_MARGIN]
    assert whole.tolist() == [1.0, -3.0, -3.0, 2.0, 2.0], "what was read is left as it was"


def test_calm_windows_change_nothing() -> None:
    whole = np.array([1.0, -3.0, -3.0, -2.0, 2.0])
    assert believed(whole, np.tile([0.0, -4.0, -4.0, -4.0, 3.0], (3, 1))).tolist() == whole.tolist()
    assert believed(whole, np.empty((0, 5))).tolist() == whole.tolist()


def test_the_reader_believes_its_windows(tiny_reader: Reader) -> None:
    narrative = [["she", "is", "calm", "and", "well", "."]] * 30 + [["knife"]]
    panes = tiny_reader.together(windows(narrative))
    assert len(panes) > 2
    expected = believed(tiny_reader.together([narrative])[0], panes)
    assert (tiny_reader.transform([narrative])[0] == expected).all()
