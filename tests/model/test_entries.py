"""Timed entries: midnight, clock changes, and logs from the newest down."""

import pytest

from model.entries import newest_first, stamps


def minutes(text: str) -> list[int]:
    return [stamp.minute for stamp in stamps(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1910 rings\n1916 answers", [1150, 1156]),
        ("19:10 rings\n19:16:22 answers", [1150, 1156]),
        ("[19:10] rings\n[19:16] answers", [1150, 1156]),
        ("1910hrs rings\n1916hrs answers", [1150, 1156]),
        ("21/11/2026 19:10 rings\n21/11/2026 19:16 answers", [1150, 1156]),
        ("1910 ex rings. 1916 she answers, well. 1921 he is outside", [1150, 1156, 1161]),
        ("1910 - rings / 1916 - answers", [1150, 1156]),
        ("2355 rings\n0010 answers", [1435, 10]),
        ("0150 rings\n0105 clocks back, answers\n0120 well", [110, 65, 80]),
        ("0058 rings\n0201 clocks on, answers", [58, 121]),
    ],
)
def test_entries_are_found(text: str, expected: list[int]) -> None:
    assert minutes(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "on platform 3 since the 0710. Polite",
        "GP booked 1500. Asked could an officer come",
        "1910 one entry only",
        "left at 1400 and was back by 1600",
        "rang 07700 900123\n07700 900124 no answer",
        "2561 rings\n2575 answers",
        "",
    ],
)
def test_times_that_open_no_entry_are_none(text: str) -> None:
    assert minutes(text) == []


def test_a_stamp_covers_the_time_and_nothing_else() -> None:
    text = "1910 rings\n[19:16] answers"
    assert [text[s.start : s.end] for s in stamps(text)] == ["1910", "[19:16]"]


def test_a_log_from_the_newest_down_is_seen() -> None:
    assert newest_first(stamps("1930 c\n1920 b\n1910 a"))
    assert not newest_first(stamps("1910 a\n1920 b\n1930 c"))
    assert not newest_first(stamps("2350 a\n0005 b\n0030 c"))
