from datetime import timedelta

import pytest
from sqlalchemy import select

from model.errors import ReviewError
from service.desk import review, second_readings
from service.record import audit
from service.store.tables import Decision

from .conftest import CALM, DULL, RISKY, Desk


def refusal(code: str):
    return pytest.raises(ReviewError, match=rf"\[{code}\]")


def test_a_decision_needs_the_incident_to_be_read_first(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    with refusal("not-opened"):
        desk.decide(ann, "A", "police")


def test_a_decision_on_a_version_that_has_been_overtaken_is_refused(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.open(ann, "A")
    desk.put("A", CALM + "\nmore")
    with refusal("version-stale"):
        desk.decide(ann, "A", "police", version=1)
    with refusal("not-opened"):
        desk.decide(ann, "A", "police", version=2)
    assert desk.read_and_decide(ann, "A", "police").state == "settled"


def test_two_people_do_not_decide_the_same_incident(desk: Desk, ann, ben) -> None:
    desk.put("A", CALM)
    desk.open(ann, "A")
    assert desk.open(ben, "A").held_by == "ann"
    with refusal("incident-claimed"):
        desk.decide(ben, "A", "police")
    desk.decide(ann, "A", "signposted")
    with refusal("not-opened"):  # ben read it before ann decided
        desk.decide(ben, "A", "police")


def test_a_claim_ends_by_itself_and_the_slower_of_two_is_refused(desk: Desk, ann, ben) -> None:
    desk.put("A", CALM)
    desk.open(ann, "A")
    desk.later(minutes=6)
    assert desk.read_and_decide(ben, "A", "police").state == "settled"
    with refusal("not-waiting"):
        desk.decide(ann, "A", "signposted")


@pytest.mark.parametrize(
    ("outcome", "choice", "code"),
    [
        ("closed", {}, "choice-invalid"),
        ("police", {"destination": "edt"}, "choice-invalid"),
        ("signposted", {"destination": "nowhere"}, "destination-unknown"),
        ("signposted", {"destination": None}, "destination-unknown"),
        ("other", {}, "choice-invalid"),
        ("police", {"why": "x" * 2001}, "choice-invalid"),
        ("police", {"factors": {"crime": True}}, "choice-invalid"),
    ],
)
def test_a_choice_that_says_too_little_or_too_much_is_refused(desk: Desk, ann, outcome, choice, code) -> None:
    desk.put("A", CALM)
    desk.open(ann, "A")
    with refusal(code):
        desk.decide(ann, "A", outcome, **choice)


def test_a_signposting_waits_for_the_service_and_ends_when_it_accepts(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    assert desk.read_and_decide(ann, "A", "signposted").state == "handed-over"
    assert desk.references(ann) == []
    with refusal("choice-invalid"):
        desk.answer(ann, "A", accepted=True, by=" ")
    assert desk.answer(ann, "A", accepted=True) == "settled"
    desk.later(days=1)
    assert desk.references(ann) == []


def test_a_refused_handover_comes_back(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "signposted")
    assert desk.answer(ann, "A", accepted=False, why="no capacity") == "waiting"
    assert desk.queue(ann).items[0].mark == "refused"
    with refusal("handover-unknown"):
        desk.answer(ann, "A", accepted=True)


def test_a_handover_that_nobody_confirms_comes_back_by_its_deadline(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "signposted")
    desk.later(minutes=31)
    item = desk.queue(ann).items[0]
    assert (item.mark, item.overdue) == ("unconfirmed", True)
    assert desk.read_and_decide(ann, "A", "police").state == "settled"
    seen = desk.open(ann, "A")
    assert [offer.answer for offer in seen.handovers] == ["withdrawn"]


def test_more_information_keeps_it_in_the_queue_with_a_new_deadline(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    decided = desk.read_and_decide(ann, "A", "information", why="ring back")
    assert decided.deadline == desk.now + timedelta(minutes=15)
    assert desk.queue(ann).items[0].mark == "information"
    desk.later(minutes=16)
    assert desk.queue(ann).items[0].overdue


def test_a_decision_can_be_taken_back_for_thirty_seconds_by_its_maker(desk: Desk, ann, ben) -> None:
    desk.put("A", CALM)
    before = desk.queue(ann).items[0]
    desk.read_and_decide(ann, "A", "signposted")
    with refusal("undo-not-yours"):
        desk.undo(ben, "A")
    desk.later(seconds=30)
    assert desk.undo(ann, "A") == "waiting"
    assert desk.queue(ann).items[0] == before
    with refusal("handover-unknown"):
        desk.answer(ann, "A", accepted=True)
    desk.read_and_decide(ann, "A", "police")
    desk.later(seconds=31)
    with refusal("undo-too-late"):
        desk.undo(ann, "A")
    assert [(d.outcome, d.undone_at is None) for d in desk.open(ann, "A").decisions] == [
        ("signposted", False),
        ("police", True),
    ]


def test_taking_back_an_escalated_ones_decision_escalates_it_again(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.put("A", RISKY)
    desk.read_and_decide(ann, "A", "signposted")
    assert not desk.references(ann)
    desk.undo(ann, "A")
    assert desk.queue(ann).items[0].escalated_at is not None


def test_taking_back_after_new_text_leaves_the_incident_where_the_text_put_it(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "signposted")
    desk.put("A", RISKY)
    assert desk.undo(ann, "A") == "waiting"
    assert desk.queue(ann).items[0].mark == "escalated"


def test_earlier_decisions_and_what_is_new_in_the_log_are_shown(desk: Desk, ann, ben) -> None:
    desk.put("A", "0400 " + CALM + "\n0410 brother there\n0415 calm")
    desk.read_and_decide(ann, "A", "signposted", why="crisis team knows her")
    desk.put("A", "0400 " + CALM + "\n0410 brother there\n0415 calm\n0430 brother has left")
    seen = desk.open(ben, "A")
    assert [(d.reviewer, d.outcome, d.why) for d in seen.decisions] == [("ann", "signposted", "crisis team knows her")]
    assert [seen.text[e.start : e.end].strip() for e in seen.entries if e.new] == ["0430 brother has left"]
    assert len(seen.entries) == 4


def test_only_a_supervisor_opens_a_settled_incident_again(desk: Desk, ann, sue) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "police")
    with desk.store.writing() as session, pytest.raises(Exception, match="role-missing"):
        review.reopen(session, ann, "A", "why", desk.settings, desk.now)
    with desk.store.writing() as session:
        review.reopen(session, sue, "A", "caller rang back", desk.settings, desk.now)
    assert desk.queue(ann).items[0].mark == "reopened"


def test_a_blind_look_hides_score_and_suggestion_until_its_reader_has_decided(desk: Desk, ann, ben) -> None:
    desk.with_settings(blind_every=1)
    desk.put("A", CALM)
    desk.put("B", DULL)
    for item in desk.queue(ann).items:
        assert (item.blind, item.decision, item.confidence) == (True, None, None)
    assert len({item.deadline for item in desk.queue(ann).items}) == 1
    seen = desk.open(ann, "A")
    assert (seen.blind, seen.score) == (True, None)
    desk.decide(ann, "A", "information")
    assert desk.open(ann, "A").score is not None
    desk.later(minutes=6)
    other = desk.open(ben, "A")
    assert (other.score, other.decisions[0].suggestion) == (None, None)


def test_an_escalated_incident_is_never_blind(desk: Desk, ann) -> None:
    desk.with_settings(blind_all=True)
    desk.put("A", CALM)
    assert desk.open(ann, "A").blind
    desk.put("A", RISKY)
    assert not desk.open(ann, "A").blind


def open_readings(desk: Desk, person) -> list[second_readings.Reading]:
    return list(desk.queue(person).readings)


def test_a_second_reader_sees_nothing_of_the_first_and_a_supervisor_settles(desk: Desk, ann, ben, sue) -> None:
    desk.with_settings(second_reader_share=1)
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "police")
    assert open_readings(desk, ann) == []
    (reading,) = open_readings(desk, ben)
    desk.read_again(ben, reading.id, "signposted")
    assert open_readings(desk, ben) == []
    (disagreement,) = open_readings(desk, sue)
    assert disagreement.disagreement
    desk.read_again(sue, disagreement.id, "police")
    assert open_readings(desk, sue) == []
    with desk.store.reading() as session:
        assert list(session.scalars(select(Decision.reading).order_by(Decision.id))) == [1, 2, 3]
    assert desk.references(ann) == []  # a second opinion, milder than the first, moves nothing


def test_a_second_reader_who_would_send_the_police_brings_the_incident_back_at_once(desk: Desk, ann, ben) -> None:
    desk.with_settings(second_reader_share=1)
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "signposted")
    desk.read_again(ben, open_readings(desk, ben)[0].id, "police")
    item = desk.queue(ann).items[0]
    assert (item.mark, item.escalated_at) == ("disagreement", desk.now)


def test_two_who_agree_ask_no_supervisor(desk: Desk, ann, ben, sue) -> None:
    desk.with_settings(second_reader_share=1)
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "police")
    desk.read_again(ben, open_readings(desk, ben)[0].id, "police")
    assert open_readings(desk, sue) == []


def test_everything_done_is_in_the_record_and_the_record_holds(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "signposted", why="known to the team")
    desk.undo(ann, "A")
    desk.read_and_decide(ann, "A", "signposted")
    desk.answer(ann, "A", accepted=False)
    with desk.store.reading() as session:
        audit.verify(session)
        assert [(e.actor, e.action) for e in audit.entries(session)] == [
            ("cad", "scored"),
            ("ann", "read"),
            ("ann", "decided"),
            ("ann", "taken-back"),
            ("ann", "read"),
            ("ann", "decided"),
            ("ann", "handover-refused"),
        ]
        decided = next(e for e in audit.entries(session) if e.action == "decided")
        assert decided.facts["why"] == "known to the team"
        assert decided.facts["suggestion"] == "flag"


@pytest.mark.parametrize(
    ("suggestion", "outcome", "expected"),
    [
        ("flag", "signposted", True),
        ("flag", "police", False),
        ("pass", "police", True),
        ("pass", "signposted", False),
        ("review", "police", None),
        ("flag", "information", None),
        ("flag", "other", None),
    ],
)
def test_what_counts_as_following_the_suggestion(suggestion: str, outcome: str, expected: bool | None) -> None:
    from service.desk.decisions import follows

    assert follows(suggestion, outcome) is expected
