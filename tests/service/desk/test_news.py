"""What an open page is told of, wherever in the queue it stands."""

from datetime import timedelta

from service.desk import news
from service.person import Person

from .conftest import CALM, DULL, RISKY, Desk


class Watch:
    """An open page that asks again and again."""

    def __init__(self, desk: Desk, reference: str | None = None) -> None:
        self.desk, self.seen, self.at, self.reference = desk, 0, desk.now, reference
        self.hear()

    def hear(self) -> dict[str, tuple[int, bool, bool]]:
        with self.desk.store.reading() as session:
            heard = news.since(session, self.seen, self.at, self.desk.now, self.reference)
        self.seen, self.at = heard.seen, heard.at
        return {moved.reference: (moved.version, moved.escalated, moved.waiting) for moved in heard.moved}


def test_news_is_what_happened_since_the_last_question(desk: Desk) -> None:
    watch = Watch(desk)
    desk.put("A", CALM)
    assert watch.hear() == {"A": (1, False, True)}
    assert watch.hear() == {}
    desk.put("A", RISKY)
    assert watch.hear() == {"A": (2, True, True)}


def test_an_escalation_far_down_the_queue_is_told(desk: Desk) -> None:
    for number in range(60):
        desk.put(f"R{number}", RISKY)
    desk.put("calm", CALM)
    watch = Watch(desk)
    desk.put("last", CALM)
    assert watch.hear() == {"last": (1, False, True)}
    desk.put("calm", RISKY)
    assert watch.hear() == {"calm": (2, True, True)}


def test_an_open_incident_that_nobody_waits_for_is_told_to_have_grown(desk: Desk, ann: Person) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "police")
    watch = Watch(desk, "A")
    desk.put("A", RISKY)
    assert watch.hear() == {"A": (2, False, False)}


def test_what_comes_back_is_news_and_what_is_decided_is_told_too(desk: Desk, ann: Person, sue: Person) -> None:
    for reference in "CBA":
        desk.put(reference, CALM)
        desk.read_and_decide(ann, reference, "signposted")
    watch = Watch(desk)
    desk.undo(ann, "A")
    desk.answer(ann, "B", accepted=False)
    desk.answer(ann, "C", accepted=True)
    assert watch.hear() == {"A": (1, False, True), "B": (1, False, True), "C": (1, False, False)}
    desk.read_and_decide(ann, "A", "police")
    assert watch.hear() == {"A": (1, False, False)}


def test_a_handover_that_nobody_confirmed_is_news_once(desk: Desk, ann: Person) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "signposted")
    watch = Watch(desk)
    desk.later(minutes=29)
    assert watch.hear() == {}
    desk.later(minutes=2)
    assert watch.hear() == {"A": (1, False, True)}
    assert watch.hear() == {}


def test_a_pass_that_nobody_is_asked_about_is_no_news(desk: Desk) -> None:
    watch = Watch(desk)
    desk.put("A", DULL)
    assert watch.hear() == {}


def test_a_question_from_before_the_beginning_or_the_future_is_answered(desk: Desk) -> None:
    desk.put("A", CALM)
    for seen in (-1, 10**30):
        with desk.store.reading() as session:
            assert news.since(session, seen, desk.now - timedelta(days=9999), desk.now).seen == 1
