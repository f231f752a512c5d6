from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.pages.clock import Clock

SUMMER = Clock(datetime(2026, 7, 1, 2, 30, tzinfo=UTC), ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 7, 1, 2, 12, tzinfo=UTC), "03:12"),
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), "00:30"),
        (datetime(2026, 6, 30, 22, 30, tzinfo=UTC), "30 Jun 23:30"),
        (datetime(2025, 12, 31, 12, 0, tzinfo=UTC), "31 Dec 2025 12:00"),
    ],
)
def test_times_are_said_by_the_clocks_of_the_control_room(at: datetime, said: str) -> None:
    assert SUMMER.said(at) == said


def test_the_record_says_seconds_and_zone() -> None:
    assert SUMMER.exactly(SUMMER.now) == "1 Jul 2026 03:30:00 BST"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (30, "in under 1 min"),
        (61, "in 1 min"),
        (119, "in 1 min"),
        (-1, "under 1 min overdue"),
        (-60, "under 1 min overdue"),
        (-61, "1 min overdue"),
        (119 * 60, "in 119 min"),
        (3 * 3600, "in 3 h"),
        (-3 * 24 * 3600 - 1, "3 days overdue"),
    ],
)
def test_a_deadline_says_how_long_is_left(seconds: int, said: str) -> None:
    assert SUMMER.left(SUMMER.now + timedelta(seconds=seconds)) == said


@given(st.integers(-(10**7), 10**7))
def test_what_is_overdue_is_said_to_be_and_nothing_else(seconds: int) -> None:
    said = SUMMER.left(SUMMER.now + timedelta(seconds=seconds))
    assert said.endswith("overdue") == (seconds < 0)
