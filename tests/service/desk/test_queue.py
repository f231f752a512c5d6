import threading

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.desk import queue, sampling
from service.desk.danger import priority
from service.person import Person

from .conftest import CALM, DULL, RISKY, Desk


def test_escalated_then_overdue_then_by_risk(desk: Desk, ann) -> None:
    desk.put("late-calm", CALM)
    desk.later(minutes=20)
    desk.put("turned", CALM)
    desk.put("calm", CALM)
    desk.put("risky", RISKY)
    desk.put("turned", RISKY)
    desk.later(minutes=11)
    assert desk.references(ann) == ["turned", "late-calm", "risky", "calm"]
    counts = desk.queue(ann).counts
    assert (counts.waiting, counts.escalated, counts.overdue) == (4, 1, 2)


def test_risk_comes_first_and_uncertainty_within_a_tenth_of_it() -> None:
    def score(risk: float, confidence: float) -> dict:
        return {"factors": {"immediate_risk": risk, "crime": 0.0, "police_duty": 0.0}, "confidence": confidence}

    assert priority(score(0.42, 0.9)) > priority(score(0.38, 0.5))
    assert priority(score(0.42, 0.5)) > priority(score(0.48, 0.9))


def test_a_long_queue_comes_in_pages_and_nothing_is_lost_between_them(desk: Desk, ann) -> None:
    for number in range(queue.PAGE + 5):
        desk.put(f"N{number}", CALM if number % 2 else RISKY)
    with desk.store.reading() as session:
        first = queue.page(session, ann, desk.settings, desk.now)
        rest = queue.page(session, ann, desk.settings, desk.now, start=queue.PAGE)
    assert (first.more, rest.more) == (True, False)
    assert len({item.reference for item in (*first.items, *rest.items)}) == queue.PAGE + 5


def test_people_who_take_the_next_one_at_the_same_time_get_different_ones(desk: Desk) -> None:
    for number in range(8):
        desk.put(f"N{number}", CALM)
    taken: list[str | None] = []

    def take(name: str) -> None:
        with desk.store.writing() as session:
            taken.append(queue.take_next(session, Person(name, "reviewer"), desk.settings, desk.now))

    threads = [threading.Thread(target=take, args=(f"reader {i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(filter(None, taken)) == [f"N{number}" for number in range(8)]


def test_one_in_n_of_any_decision_is_drawn_to_be_blind(desk: Desk, ann) -> None:
    desk.with_settings(blind_every=5)
    for number in range(20):
        desk.put(f"N{number}", DULL)
    assert len(desk.references(ann)) == 4


@given(salt=st.text(max_size=64), every=st.integers(1, 50), run=st.integers(0, 1000))
def test_each_run_of_n_has_exactly_one_blind_look(salt: str, every: int, run: int) -> None:
    drawn = [sampling.blind(salt, number, every) for number in range(run * every + 1, (run + 1) * every + 1)]
    assert sum(drawn) == 1


def test_the_draw_cannot_be_told_without_the_salt() -> None:
    draws = {tuple(sampling.blind(salt, number, 10) for number in range(1, 101)) for salt in ("a", "b", "c")}
    assert len(draws) == 3


def test_the_share_of_second_readers_is_kept() -> None:
    drawn = sum(sampling.twice("salt", number, 0.2) for number in range(5000))
    assert 900 < drawn < 1100
    assert not any(sampling.twice("salt", number, 0) for number in range(100))
    assert all(sampling.twice("salt", number, 1) for number in range(100))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "decide", "undo", "answer", "wait"]),
        st.sampled_from([CALM, RISKY, DULL, CALM + "\nmore"]),
        st.sampled_from(["signposted", "police", "information"]),
        st.booleans(),
    ),
    max_size=12,
)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_only_a_persons_word_ends_an_incident(desk: Desk, ann, steps) -> None:
    """Nothing leaves the queue by itself: once asked about, an incident is in the queue, offered, or decided."""
    from model.errors import ReviewError

    reference = f"R{desk.now.timestamp()}"
    desk.later(days=1)
    asked, ended = desk.put(reference, CALM).state == "waiting", False
    for what, text, outcome, accepted in steps:
        try:
            if what == "put":
                ended = ended and desk.put(reference, text).state == "settled"
            elif what == "decide":
                ended = desk.read_and_decide(ann, reference, outcome).state == "settled"
            elif what == "undo":
                ended = desk.undo(ann, reference) == "settled"
            elif what == "answer":
                ended = desk.answer(ann, reference, accepted) == "settled"
            else:
                desk.later(hours=2)
        except ReviewError:
            pass
        seen = desk.open(ann, reference)
        with desk.store.writing() as session:
            queue.claims.release(session, ann, reference)
        assert asked
        assert ended == (seen.state == "settled")
        if seen.state == "waiting" or (seen.state == "handed-over" and seen.overdue):
            with desk.store.reading() as session:
                listed = {
                    item.reference
                    for start in (0, 50, 100)
                    for item in queue.page(session, ann, desk.settings, desk.now, start).items
                }
            assert reference in listed
            assert seen.deadline is not None
