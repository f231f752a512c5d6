"""What the pages ask of the desk: what is new, what can be taken back, which hand-overs to ask after."""

from service.desk import handovers, review
from service.person import Person

from .conftest import CALM, RISKY, Desk


def new(desk: Desk, person: Person, reference: str = "A") -> list[str]:
    seen = desk.open(person, reference)
    assert seen.text is not None
    return [seen.text[entry.start : entry.end].strip() for entry in seen.entries if entry.new]


def undoable(desk: Desk, person: Person) -> str | None:
    with desk.store.reading() as session:
        found = review.can_undo(session, person, desk.settings, desk.now)
    return None if found is None else found.reference


def test_where_nothing_is_decided_new_is_what_this_person_has_not_seen(desk: Desk, ann: Person, ben: Person) -> None:
    desk.put("A", CALM)
    assert new(desk, ann) == []
    desk.put("A", RISKY)
    assert new(desk, ann) == ["0417 she has a knife"]
    assert new(desk, ann) == ["0417 she has a knife"]  # to load the page again loses nothing
    assert new(desk, ben) == []


def test_once_decided_new_is_what_the_decision_did_not_know(desk: Desk, ann: Person, ben: Person) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "signposted")
    desk.put("A", RISKY)
    assert new(desk, ben) == ["0417 she has a knife"]


def test_the_newest_own_decision_can_be_taken_back_for_a_while(desk: Desk, ann: Person, ben: Person) -> None:
    for reference in "AB":
        desk.put(reference, CALM)
        desk.read_and_decide(ann, reference, "police")
    assert (undoable(desk, ann), undoable(desk, ben)) == ("B", None)
    desk.undo(ann, "B")
    assert undoable(desk, ann) == "A"
    desk.later(seconds=desk.settings.undo_seconds + 1)
    assert undoable(desk, ann) is None


def test_handovers_to_ask_after_are_those_that_are_not_late_the_first_due_first(desk: Desk, ann: Person) -> None:
    for reference, destination in (("A", "crisis-team"), ("B", "ambulance"), ("C", "crisis-team")):
        desk.put(reference, CALM)
        desk.read_and_decide(ann, reference, "signposted", destination=destination)

    def waiting() -> list[str]:
        with desk.store.reading() as session:
            return [offer.reference for offer in handovers.waiting(session, desk.now)]

    assert waiting() == ["B", "A", "C"]
    desk.answer(ann, "C", accepted=True)
    desk.later(minutes=11)
    assert waiting() == ["A"]
    assert desk.references(ann) == ["B"]
