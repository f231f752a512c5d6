from service.desk import assurance

from .conftest import CALM, DULL, Desk


def figures(desk: Desk) -> assurance.Figures:
    with desk.store.reading() as session:
        return assurance.figures(session, desk.now)


def test_with_nothing_decided_nothing_is_claimed(desk: Desk) -> None:
    found = figures(desk)
    assert (found.decisions, found.kappa, found.sway, found.overridden.share) == (0, None, None, None)


def test_overrides_times_and_outcomes_are_counted(desk: Desk, ann) -> None:
    for number, outcome in enumerate(["signposted", "signposted", "signposted", "police", "information"]):
        desk.put(f"N{number}", CALM)
        desk.read_and_decide(ann, f"N{number}", outcome)
    found = figures(desk)
    assert found.outcomes == {"information": 1, "police": 1, "signposted": 3}
    assert (found.overridden.count, found.overridden.of, found.overridden.share) == (1, 4, 0.25)
    assert found.seconds == 20.0
    low, high = found.overridden.interval
    assert low < 0.25 < high
    assert (found.readers[0].name, found.readers[0].decisions) == ("ann", 5)


def test_blind_looks_show_what_the_model_misses_and_how_people_follow_it(desk: Desk, ann) -> None:
    desk.put("shown", CALM)
    desk.read_and_decide(ann, "shown", "signposted")
    desk.with_settings(blind_every=1)
    for number, (text, outcome) in enumerate([(CALM, "signposted"), (CALM, "police"), (DULL, "signposted")]):
        desk.put(f"N{number}", text)
        desk.read_and_decide(ann, f"N{number}", outcome)
    found = figures(desk)
    assert (found.followed_shown.share, found.followed_blind.share) == (1.0, 0.3333)
    assert found.sway == 0.6667
    assert (found.missed_danger.count, found.missed_danger.of) == (1, 2)
    assert (found.recall.count, found.recall.of) == (1, 2)


def test_kappa_is_cohens_over_first_and_second_readers(desk: Desk, ann, ben) -> None:
    desk.with_settings(second_reader_share=1)
    pairs = [("police", "police"), ("signposted", "signposted"), ("signposted", "police"), ("police", "police")]
    for number, (first, second) in enumerate(pairs):
        desk.put(f"N{number}", CALM)
        desk.read_and_decide(ann, f"N{number}", first)
        desk.read_again(ben, number + 1, second)
    found = figures(desk)
    # observed 3/4; by chance 1/2·3/4 + 1/2·1/4 = 1/2
    assert (found.pairs, found.agreed.share, found.kappa, found.disagreements_open) == (4, 0.75, 0.5, 1)


def test_what_was_taken_back_or_is_too_old_does_not_count(desk: Desk, ann) -> None:
    desk.put("A", CALM)
    desk.read_and_decide(ann, "A", "police")
    desk.undo(ann, "A")
    assert figures(desk).decisions == 0
    desk.read_and_decide(ann, "A", "police")
    assert figures(desk).decisions == 1
    desk.later(days=29)
    assert figures(desk).decisions == 0
