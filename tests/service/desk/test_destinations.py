from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from model.errors import DataError, ReviewError
from service.desk.destinations import read_destinations

LONDON = ZoneInfo("Europe/London")


def at(words: str) -> datetime:
    return datetime.strptime(words, "%Y-%m-%d %H:%M").replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("id", "when", "expected"),
    [
        ("nhs-111-2", "2026-11-22 03:00", True),
        ("own-team", "2026-11-23 09:00", True),  # Monday
        ("own-team", "2026-11-23 17:00", False),
        ("own-team", "2026-11-22 10:00", False),  # Sunday
        ("joint-response", "2026-11-22 01:59", True),  # opened the evening before
        ("joint-response", "2026-11-22 02:00", False),
        ("joint-response", "2026-07-22 16:30", True),  # summer time
        ("edt", "2026-11-21 12:00", True),  # Saturday
        ("edt", "2026-11-24 12:00", False),
        ("edt", "2026-11-24 08:59", True),
        (
            "edt",
            "2026-11-23 03:00",
            True,
        ),  # Monday, in Sunday's night
    ],
)
def test_hours_are_those_of_local_clocks(id: str, when: str, expected: bool) -> None:
    assert read_destinations().get(id).is_open(at(when), LONDON) is expected


def test_a_service_that_is_not_listed_is_refused_with_the_list() -> None:
    with pytest.raises(ReviewError, match="crisis-team"):
        read_destinations().get("nowhere")


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("", "at least one"),
        ("[[destination]]\nid='a'", "lacks"),
        ("[[destination]]\nid='a'\nname='A'\narea=''\nhours='9-5'\nconfirm_minutes=1\nmental_health=true", "service 1"),
        (
            "[[destination]]\nid='a'\nname='A'\narea=''\nhours={mon='9-5'}\nconfirm_minutes=1\nmental_health=true",
            "09:00-17:00",
        ),
        (
            "[[destination]]\nid='a'\nname='A'\narea=''\nhours={someday='09:00-17:00'}\nconfirm_minutes=1\n"
            "mental_health=true",
            "someday",
        ),
        ("nonsense", "list.toml"),
    ],
)
def test_a_wrong_list_is_refused_with_its_place(tmp_path: Path, toml: str, words: str) -> None:
    path = tmp_path / "list.toml"
    path.write_text(toml)
    with pytest.raises(DataError, match=words):
        read_destinations(path)
