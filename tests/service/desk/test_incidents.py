import threading

import pytest

from model.errors import NarrativeError, ReviewError
from service.record import audit

from .conftest import CALM, DULL, RISKY, Desk


def actions(desk: Desk) -> list[tuple[str, str]]:
    with desk.store.reading() as session:
        audit.verify(session)
        return [(entry.actor, entry.action) for entry in audit.entries(session)]


def test_a_flag_and_a_review_wait_for_a_person_and_a_pass_does_not(desk: Desk, ann) -> None:
    assert desk.put("calm", CALM).state == "waiting"
    assert desk.put("risky", RISKY).state == "waiting"
    assert desk.put("dull", DULL).state == "unlisted"
    assert set(desk.references(ann)) == {"calm", "risky"}


def test_the_same_text_again_is_the_same_version_and_writes_nothing(desk: Desk) -> None:
    first = desk.put("A", CALM)
    desk.later(minutes=1)
    again = desk.put("A", CALM, expected=None)
    assert (again.version, again.changed, again.as_dict()) == (1, False, first.as_dict())
    assert len(actions(desk)) == 1


def test_a_retry_whose_answer_was_lost_is_no_conflict(desk: Desk) -> None:
    desk.put("A", CALM)
    desk.put("A", CALM + "\nmore", expected=1)
    assert desk.put("A", CALM + "\nmore", expected=1).version == 2


def test_a_sender_that_missed_a_version_is_told_the_current_one(desk: Desk) -> None:
    desk.put("A", CALM)
    desk.put("A", CALM + "\nmore")
    with pytest.raises(ReviewError) as caught:
        desk.put("A", CALM + "\nother", expected=1)
    assert (caught.value.code, caught.value.version) == ("version-stale", 2)
    assert desk.put("A", CALM + "\nother", expected=2).version == 3


def test_concurrent_senders_lose_no_version(desk: Desk) -> None:
    texts = [f"{CALM}\nentry {number}" for number in range(12)]
    threads = [threading.Thread(target=desk.put, args=("A", text)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with desk.store.reading() as session:
        from service.desk.register import known

        versions = known(session, "A").versions
        assert [v.number for v in versions] == [*range(1, 13)]
        assert {v.text for v in versions} == set(texts)


@pytest.mark.parametrize("reference", ["", " ", "x" * 101, "a\nb", "a\x00b", "a\u200bb"])
def test_a_reference_that_cannot_be_kept_is_refused(desk: Desk, reference: str) -> None:
    with pytest.raises(ReviewError) as caught:
        desk.put(reference, CALM)
    assert caught.value.code == "reference-invalid"


@pytest.mark.parametrize("reference", ["2026-11-22/0417", "😟 ä", "../x", "x" * 100])
def test_any_printable_reference_is_kept(desk: Desk, reference: str, ann) -> None:
    desk.put(reference, CALM)
    assert desk.references(ann) == [reference]


@pytest.mark.parametrize("text", ["NUL \x00 in it, talking to the walls", "مرحبا hearing voices 😟"])
def test_odd_text_comes_back_as_it_came(desk: Desk, text: str, ann) -> None:
    desk.put("A", text)
    assert desk.open(ann, "A").text == text


def test_text_that_cannot_be_scored_is_refused_and_leaves_nothing(desk: Desk, ann) -> None:
    with pytest.raises(NarrativeError):
        desk.put("A", "  ")
    assert desk.references(ann) == []
    assert actions(desk) == []


def test_a_flag_that_turns_to_danger_goes_to_the_top(desk: Desk, ann) -> None:
    desk.put("first", CALM)
    desk.put("worst", RISKY)
    arrival = desk.put("first", RISKY)
    assert arrival.escalated
    assert desk.references(ann)[0] == "first"
    assert desk.queue(ann).items[0].mark == "escalated"
    assert ("cad", "escalated") in actions(desk)


def test_a_flag_that_is_no_longer_flagged_is_escalated(desk: Desk) -> None:
    desk.put("A", CALM)
    assert desk.put("A", DULL).escalation == ("no-longer-flagged",)


def test_a_review_that_passes_later_stays_in_the_queue(desk: Desk, ann) -> None:
    desk.put("A", RISKY)
    assert not desk.put("A", DULL).escalated
    assert desk.references(ann) == ["A"]


def test_an_agreed_signposting_that_turns_to_danger_comes_back_escalated(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "signposted")
    assert desk.answer(ann, "A", accepted=True) == "settled"
    assert desk.put("A", RISKY).escalation
    assert desk.queue(ann).items[0].mark == "escalated"


def test_new_text_after_a_signposting_is_read_by_a_person_even_when_calm(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "signposted")
    arrival = desk.put("A", CALM + "\nsister now asleep")
    assert (arrival.state, arrival.escalated) == ("waiting", False)
    assert desk.queue(ann).items[0].mark == "changed"
    assert desk.answer(ann, "A", accepted=True) == "waiting"  # a yes from the service does not read the new entry


def test_a_log_that_grows_while_the_police_are_on_the_way_is_not_asked_about_again(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "police")
    assert desk.put("A", RISKY).state == "settled"
    assert desk.references(ann) == []


def test_an_escalation_never_puts_a_deadline_off(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.later(minutes=29)
    deadline = desk.queue(ann).items[0].deadline
    desk.put("A", RISKY)
    assert desk.queue(ann).items[0].deadline == deadline


def test_a_log_too_long_to_read_at_once_is_for_review_with_every_clause_read(desk: Desk) -> None:
    text = "he is pacing\n" * 4000 + "he has a knife\n" + "he is pacing\n" * 4000
    arrival = desk.put("A", text)
    assert arrival.score["decision"] == "review"
    assert arrival.score["because"][0]["code"] == "too-long"
    reason = next(r for r in arrival.score["reasons"] if r["text"] == "knife")
    assert text[reason["start"] : reason["end"]] == "knife"


def test_a_paused_service_does_not_answer_with_a_flag_of_before(desk: Desk, edited_scorer) -> None:
    assert desk.put("A", CALM).score["decision"] == "flag"
    desk.scorer = edited_scorer(decision="review")
    again = desk.put("A", CALM)
    assert (again.score["decision"], again.version, again.changed) == ("review", 1, False)


def test_the_record_holds_the_hash_and_never_the_text(desk: Desk) -> None:
    desk.put("A", RISKY)
    with desk.store.reading() as session:
        line = next(audit.export(session))
    assert "walls" not in line and "knife" not in line
    assert '"suggestion":"review"' in line and '"model":"stand-in-1"' in line
