"""Which decisions are held against the guarantee, and when."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from service.monitoring.alarm import Alarm
from service.weighing import Weighing

from .conftest import CALM, Desk

CRIME = {"mental_health": True, "immediate_risk": False, "crime": True, "police_duty": False}


@pytest.fixture
def drawn(desk: Desk, tmp_path: Path) -> tuple[Desk, Callable[[], tuple[int, int]]]:
    """A desk where every incident is drawn for a blind look, and what its alarm has heard after one more weighing."""
    desk.with_settings(blind_every=1)
    alarm = Alarm(tmp_path, serving=lambda: "stand-in-1")
    weighing = Weighing(desk.store, alarm, desk.settings)

    def heard() -> tuple[int, int]:
        weighing.weigh(desk.now)
        standing = alarm.standing()
        return standing.number, standing.unsafe

    return desk, heard


def test_what_needs_the_police_is_heard_once_it_cannot_be_taken_back(drawn, ann) -> None:
    desk, heard = drawn
    for reference in "ABC":
        desk.put(reference, f"{CALM} {reference}")
    desk.read_and_decide(ann, "A", "police")
    desk.read_and_decide(ann, "B", "signposted")
    desk.read_and_decide(ann, "C", "other", why="left with the officer there", factors=CRIME)
    assert heard() == (0, 0)
    desk.later(seconds=61)
    assert heard() == (2, 2)
    assert heard() == (2, 2)


def test_what_was_taken_back_is_never_heard(drawn, ann) -> None:
    desk, heard = drawn
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "police")
    desk.later(seconds=30)
    assert heard() == (0, 0)
    desk.undo(ann, "A")
    desk.later(hours=1)
    assert heard() == (0, 0)


def test_what_was_not_drawn_is_not_heard_even_when_every_look_is_blind(drawn, ann) -> None:
    desk, heard = drawn
    desk.with_settings(blind_every=0, blind_all=True)
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "police")
    desk.later(hours=1)
    assert heard() == (0, 0)


def test_samples_are_not_heard(drawn, ann) -> None:
    desk, heard = drawn
    desk.put("SAMPLE-1", CALM)
    desk.read_and_decide(ann, "SAMPLE-1", "police")
    desk.later(hours=1)
    assert heard() == (0, 0)


def test_a_restart_loses_and_repeats_nothing(drawn, ann, tmp_path: Path) -> None:
    desk, heard = drawn
    for reference in "AB":
        desk.put(reference, CALM)
        desk.read_and_decide(ann, reference, "police")
        desk.later(days=1)
    assert heard() == (2, 2)
    again = Alarm(tmp_path, serving=lambda: "stand-in-1")
    Weighing(desk.store, again, desk.settings).weigh(desk.now + timedelta(days=1))
    assert again.standing().number == 2
