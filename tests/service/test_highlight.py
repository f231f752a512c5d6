from hypothesis import given
from hypothesis import strategies as st

from model.score import Reason
from service.pages.highlight import segments


def reason(start: int, end: int) -> Reason:
    return Reason("crime", "", start, end, "present", 1.0)


def test_text_without_reasons_is_one_piece() -> None:
    assert [segment.text for segment in segments("nothing here", [])] == ["nothing here"]


def test_overlapping_reasons_share_a_segment() -> None:
    cut = segments("abcdefgh", [reason(1, 5), reason(3, 7)])
    assert [(s.text, s.numbers, s.ending) for s in cut] == [
        ("a", (), ()),
        ("bc", (1,), ()),
        ("de", (1, 2), (1,)),
        ("fg", (2,), (2,)),
        ("h", (), ()),
    ]


def test_a_reason_inside_another_keeps_both() -> None:
    cut = segments("abcd", [reason(0, 4), reason(1, 2)])
    assert [(s.text, s.numbers) for s in cut] == [("a", (1,)), ("b", (1, 2)), ("cd", (1,))]


def test_positions_are_characters_not_bytes() -> None:
    cut = segments("😟é knife", [reason(3, 8)])
    assert [s.text for s in cut] == ["😟é ", "knife"]


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8))
def test_joined_the_segments_are_the_text_again(text: str, spans: list[tuple[int, int]]) -> None:
    reasons = [reason(min(a, b, len(text)), min(max(a, b), len(text))) for a, b in spans]
    cut = segments(text, reasons)
    assert "".join(segment.text for segment in cut) == text
    assert all(segment.text for segment in cut)
    for number, each in enumerate(reasons, 1):
        assert "".join(s.text for s in cut if number in s.numbers) == text[each.start : each.end]
        assert sum(number in s.ending for s in cut) == (each.start < each.end)
