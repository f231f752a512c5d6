"""The short versions; ``make crowd crash soak`` run the long ones."""

from pathlib import Path

from tests.soak import mixed
from tests.soak.crash import crash
from tests.soak.crowd import crowd


def test_reviewers_on_two_processes_decide_nothing_twice_and_lose_nothing(shared_database: str) -> None:
    tally = crowd(shared_database, reviewers=6, seconds=3, incidents=60)
    assert tally.sent and tally.decided
    assert not [answer for answer in tally.answers if answer.split()[1].startswith("5")]


def test_writes_that_were_acknowledged_outlive_a_sudden_end(shared_database: str) -> None:
    assert crash(shared_database, kills=5) > 0


def test_half_a_minute_of_everything_leaves_no_error_and_loses_nothing(small_model: Path, tmp_path: Path) -> None:
    night = mixed.run(small_model, tmp_path, seconds=30, pace=20)
    assert night.unexpected == []
    assert {kind for kind, _ in night.took} >= {"score", "incident", "page", "health", "burst", "after a burst"}
    assert night.acknowledged and night.recoveries
    begin, end = night.samples[0], night.samples[-1]
    # The last burst may still be leaving: handles of one crowd of 200, not one for each request of the night.
    assert end[2] < begin[2] + 300
