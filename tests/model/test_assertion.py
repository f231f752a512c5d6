"""Assertions in the clauses of control-room text: what is there, denied, past, conditional, somebody else's."""

import pytest

from model.classifier import read


def assertion_of(text: str, word: str) -> str:
    reading = read([text])[0]
    return reading.assertions[reading.words.index(word)]


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        # denied
        ("no weapons seen", "weapons", "negated"),
        ("denies any intention to harm himself", "harm", "negated"),
        ("nil weapons", "weapons", "negated"),
        ("nothing taken, denies suicidal thoughts", "suicidal", "negated"),
        # past
        ("took an overdose last March", "overdose", "historical"),
        ("history of self harm", "harm", "historical"),
        ("took OD in 2019", "overdose", "historical"),
        ("overdose 3 years ago", "overdose", "historical"),
        ("tried to hang himself three years ago", "hang", "historical"),
        # conditional
        ("says she would jump if they evict her next month", "evict", "conditional"),
        ("would cut herself if evicted", "evicted", "conditional"),
        # somebody else
        ("his brother died by suicide", "suicide", "other_person"),
        # there, in spite of a tempting word
        ("no weapons seen, neighbour says he has a knife in the kitchen", "knife", "present"),
        ("denies it but has taken tablets", "tablets", "present"),
        ("he is not breathing", "breathing", "present"),
        ("no reply at the door, knife on the step", "knife", "present"),
        ("took an overdose an hour ago", "overdose", "present"),
        ("OD in March - now on the bridge", "bridge", "present"),
    ],
)
def test_assertion(text: str, word: str, expected: str) -> None:
    assert assertion_of(text, word) == expected


def test_a_denial_reaches_through_a_list_and_stops_at_a_new_statement() -> None:
    reading = read(["denies plans, intent or means"])[0]
    marks = dict(zip(reading.words, reading.assertions, strict=True))
    assert marks["plans"] == marks["intent"] == marks["means"] == "negated"
    assert assertion_of("denies plans, wife says he bought rope this morning", "rope") == "present"


def test_a_denial_does_not_leave_its_clause() -> None:
    assert assertion_of("no injuries - knife in her hand", "knife") == "present"


def test_what_a_cue_itself_says_is_not_denied_by_its_own_words() -> None:
    assert ("medical_emergency", "present") in {(c.kind, c.assertion) for c in read(["he is not breathing"])[0].cues}
    assert ("safe_now", "present") in {(c.kind, c.assertion) for c in read(["no weapons seen"])[0].cues}


def test_nobody_has_seen_her_is_danger_and_no_reassurance() -> None:
    cues = {(c.kind, c.assertion) for c in read(["nobody has seen her since friday"])[0].cues}
    assert ("missing", "present") in cues
    assert ("contact_made", "present") not in cues


def test_a_cue_carries_the_assertion_of_its_words() -> None:
    cues = {(c.kind, c.assertion) for c in read(["no weapons, has taken an overdose"])[0].cues}
    assert not any(kind == "weapon" and assertion == "present" for kind, assertion in cues)
    assert any(assertion == "present" for _, assertion in cues)
