"""The short versions; ``make crowd`` and ``make crash`` run the long ones."""

from tests.soak.crash import crash
from tests.soak.crowd import crowd


def test_reviewers_on_two_processes_decide_nothing_twice_and_lose_nothing(shared_database: str) -> None:
    tally = crowd(shared_database, reviewers=6, seconds=3, incidents=60)
    assert tally.sent and tally.decided
    assert not [answer for answer in tally.answers if answer.split()[1].startswith("5")]


def test_writes_that_were_acknowledged_outlive_a_sudden_end(shared_database: str) -> None:
    assert crash(shared_database, kills=5) > 0
