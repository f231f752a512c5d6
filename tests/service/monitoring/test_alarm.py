"""The alarm: quiet while the guarantee holds, heard when it breaks, and flagging stays off until a person resumes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.pause import PauseSwitch
from service.monitoring.alarm import RECORD, Alarm, Outcome, Standing
from service.monitoring.betting import FRESH, evidence

BAR = 0.02


def unsafe(number: int, model: str | None = None) -> Outcome:
    return Outcome(f"u{number}", flagged=True, needs_police=True, model=model)


def sound(number: int, model: str | None = None) -> Outcome:
    return Outcome(f"s{number}", flagged=False, needs_police=True, model=model)


def crossed(hits: np.ndarray, level: float = 0.05) -> int | None:
    """After how many outcomes a test that looks after each of them alarms."""
    begins, so_far = [(0, 0)], 0
    for number, hit in enumerate(hits, start=1):
        so_far += int(hit)
        if hit and evidence(begins, so_far, number, BAR) >= np.log(1 / level):
            return number
        if number % FRESH == 0:
            begins.append((so_far, number))
    return None


def test_one_step_of_a_fair_game_wins_nothing_on_average() -> None:
    """The supermartingale itself: at the bar, wealth is on average what it was, from wherever one stands."""
    for begins, hits, number in (([(0, 0)], 0, 0), ([(0, 0)], 3, 40), ([(0, 0), (2, 100)], 9, 150)):
        now = np.exp(evidence(begins, hits, number, BAR))
        won, lost = (np.exp(evidence(begins, hits + h, number + 1, BAR)) for h in (1, 0))
        assert BAR * won + (1 - BAR) * lost == pytest.approx(now, rel=1e-9)
        for rate in (0.0, 0.01):
            assert rate * won + (1 - rate) * lost <= now * (1 + 1e-9)


@given(st.integers(0, 30), st.integers(0, 2000))
@settings(deadline=None)
def test_evidence_grows_with_hits_and_shrinks_without(hits: int, others: int) -> None:
    here = evidence([(0, 0)], hits, hits + others, BAR)
    assert evidence([(0, 0)], hits + 1, hits + 1 + others, BAR) > here
    assert evidence([(0, 0)], hits, hits + others + 1, BAR) <= here + 1e-12


def test_looking_after_every_outcome_alarms_no_more_often_than_promised() -> None:
    rng = np.random.default_rng(1)
    alarms = sum(crossed(rng.random(1200) < BAR) is not None for _ in range(300))
    assert alarms <= 24  # 5% of 300 is 15; more than 24 has a chance below 1 in 100 at worst


def test_a_broken_guarantee_is_heard_soon_even_after_long_peace() -> None:
    rng = np.random.default_rng(2)
    at_once = [crossed(rng.random(2000) < 0.06) for _ in range(20)]
    assert all(at_once) and np.median([n for n in at_once if n]) < 300
    later = [crossed(np.concatenate([np.zeros(3000, bool), rng.random(2000) < 0.06])) for _ in range(10)]
    assert all(later) and np.median([n - 3000 for n in later if n]) < 700


@pytest.fixture
def alarm(tmp_path: Path) -> Alarm:
    return Alarm(tmp_path, serving=lambda: "m1")


def test_unsafe_flags_switch_flagging_off_with_the_reason(tmp_path: Path) -> None:
    told: list[str] = []
    alarm = Alarm(tmp_path, serving=lambda: "m1", on_alarm=lambda: told.append("alarm"))
    standings = [alarm.watch(unsafe(i)) for i in range(6)]
    first = [s.alarmed for s in standings].index(True)
    assert 1 <= first <= 4
    state = PauseSwitch(tmp_path).state()
    assert state is not None and state.why.startswith(f"alarm: {first + 1} of {first + 1} reviewed calls")
    assert told == ["alarm"]
    assert "ALARM" in standings[-1].words and "6 of 6" in standings[-1].words


def test_calls_that_need_no_police_other_models_and_repeats_do_not_count(alarm: Alarm, tmp_path: Path) -> None:
    alarm.watch(Outcome("a", flagged=True, needs_police=False))
    for i in range(20):
        alarm.watch(unsafe(i, model="m0"))
        alarm.watch(unsafe(99))
    standing = alarm.standing()
    assert (standing.number, standing.unsafe, standing.alarmed) == (1, 1, False)
    assert not PauseSwitch(tmp_path).engaged


def test_what_was_seen_outlives_the_process_and_is_shared(tmp_path: Path) -> None:
    one, other = (Alarm(tmp_path, serving=lambda: "m1") for _ in range(2))
    for i in range(100):
        (one, other)[i % 2].watch(sound(i))
    other.watch(unsafe(1))
    late = Alarm(tmp_path, serving=lambda: "m1")
    assert one.standing() == other.standing() == late.standing()
    assert (late.standing().number, late.standing().unsafe) == (101, 1)


def test_it_stays_paused_until_a_person_resumes_and_then_begins_anew(alarm: Alarm, tmp_path: Path) -> None:
    for i in range(10):
        alarm.watch(unsafe(i))
    for i in range(200):
        standing = alarm.watch(sound(i))
    assert standing.alarmed and PauseSwitch(tmp_path).engaged
    PauseSwitch(tmp_path).resume("looked into")
    standing = alarm.watch(sound(500))
    assert (standing.number, standing.unsafe, standing.alarmed) == (1, 0, False)
    assert not PauseSwitch(tmp_path).engaged
    again: list[Standing] = [alarm.watch(unsafe(100 + i)) for i in range(6)]
    assert again[-1].alarmed and PauseSwitch(tmp_path).engaged
    assert Alarm(tmp_path, serving=lambda: "m1").standing() == alarm.standing()


def test_a_line_that_was_cut_off_costs_no_other(alarm: Alarm, tmp_path: Path) -> None:
    alarm.watch(sound(1))
    record = tmp_path / RECORD
    record.write_bytes(record.read_bytes() + b'{"at": "2026-11-2')
    late = Alarm(tmp_path, serving=lambda: "m1")
    late.watch(sound(2))
    assert Alarm(tmp_path, serving=lambda: "m1").standing().number == 2


def test_the_record_holds_no_key(alarm: Alarm, tmp_path: Path) -> None:
    alarm.watch(Outcome("2026-11-21-0417", flagged=True, needs_police=True))
    assert "0417" not in (tmp_path / RECORD).read_text()


def test_death_between_outcome_and_alarm_leaves_the_alarm_to_the_next_look(tmp_path: Path) -> None:
    alarm = Alarm(tmp_path, serving=lambda: "m1")
    for i in range(10):
        alarm.watch(unsafe(i))
    record = tmp_path / RECORD
    kept = [line for line in record.read_bytes().splitlines(keepends=True) if b'"alarm"' not in line]
    record.write_bytes(b"".join(kept))
    PauseSwitch(tmp_path).resume("as if it had never been")
    assert Alarm(tmp_path, serving=lambda: "m1").standing().alarmed
    assert PauseSwitch(tmp_path).engaged
