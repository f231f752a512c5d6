import json
from datetime import timedelta
from pathlib import Path

from service.desk import exports, verdicts
from service.desk.exports import Tally
from service.monitoring import outcomes
from training.intake import take_in
from training.mapping import read_mapping

from .conftest import CALM, DESTINATIONS, RISKY, Desk

CRIME = {"mental_health": True, "immediate_risk": False, "crime": True, "police_duty": False}


def exported(desk: Desk, mask=str) -> tuple[list, Tally]:
    tally = Tally()
    with desk.store.reading() as session:
        return list(exports.export(session, DESTINATIONS, mask, tally)), tally


def test_a_label_is_what_a_person_said(desk: Desk, ann) -> None:
    desk.put("signposted", CALM)
    desk.put("named", RISKY)
    desk.put("police-only", CALM)
    desk.put("to-an-ambulance", CALM)
    desk.read_and_decide(ann, "signposted", "signposted")
    desk.read_and_decide(ann, "named", "police", factors=CRIME)
    desk.read_and_decide(ann, "police-only", "police")
    desk.read_and_decide(ann, "to-an-ambulance", "signposted", destination="ambulance")
    desk.put("undecided", CALM)
    rows, tally = exported(desk)
    assert [(row.text, row.labels(), row.provenance.labels_from) for row in rows] == [
        (CALM, {"mental_health": True, "immediate_risk": False, "crime": False, "police_duty": False}, "outcome"),
        (RISKY, CRIME, "factors"),
    ]
    assert (tally.exported, tally.unlabelled) == (2, 2)


def test_the_label_is_for_the_text_that_was_read(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "signposted")
    desk.put("A", RISKY)
    assert exported(desk)[0][0].text == CALM


def test_a_disagreement_is_left_out_until_it_is_settled(desk: Desk, ann, ben, sue) -> None:
    desk.with_settings(second_reader_share=1)
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "signposted")
    desk.read_again(ben, 1, "police", factors=CRIME)
    assert exported(desk)[0] == []
    desk.read_again(sue, 1, "police", factors=CRIME)
    (row,) = exported(desk)[0]
    assert (row.crime, row.provenance.readers) == (True, 3)


def test_what_was_taken_back_counts_for_nothing(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "signposted")
    desk.undo(ann, "A")
    assert exported(desk)[0] == []


def test_a_row_says_whether_it_was_read_blind_and_nothing_of_the_reference(desk: Desk, ann) -> None:
    desk.with_settings(blind_every=1)
    desk.put("REF-77", CALM)
    desk.read_and_decide(ann, "REF-77", "signposted")
    desk.with_settings(blind_every=0, blind_all=True)
    desk.put("chosen for its score", CALM)
    desk.read_and_decide(ann, "chosen for its score", "signposted")
    row, chosen = exported(desk)[0]
    assert (row.provenance.blind, chosen.provenance.blind) == (True, False)
    assert "REF-77" not in row.model_dump_json()
    assert "register" in json.loads(row.model_dump_json(by_alias=True))


def test_the_text_is_masked(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "signposted")
    assert exported(desk, mask=str.upper)[0][0].text == CALM.upper()


def test_the_file_serves_the_alarm_and_retraining(desk: Desk, ann, tmp_path: Path) -> None:
    desk.with_settings(blind_every=1)
    for reference, factors in (("unsafe", CRIME), ("fine", CRIME | {"crime": False})):
        desk.put(reference, f"{CALM} {reference}")
        desk.read_and_decide(ann, reference, "other", why="see factors", factors=factors)
    file = tmp_path / "reviewed.jsonl"
    file.write_text("\n".join(row.model_dump_json(by_alias=True) for row in exported(desk)[0]))
    reviewed = outcomes.read(file)
    assert (reviewed.faults, reviewed.chosen) == ((), 0)
    assert [(o.flagged, o.needs_police, o.model) for o in reviewed.outcomes] == [
        (True, True, "stand-in-1"),
        (True, False, "stand-in-1"),
    ]
    with desk.store.reading() as session:
        heard = list(verdicts.verdicts(session, None, desk.now + timedelta(hours=1)))
    assert [v.key for v in heard] == [o.key for o in reviewed.outcomes]  # one call, one outcome, however it comes in
    taken = take_in([file], read_mapping())
    assert taken.faults == []
    assert [(e.narrative.crime, e.blind, e.readers) for e in taken.examples] == [(True, True, 1), (False, True, 1)]
