"""Findings behind the pictures."""

import numpy as np
import pytest

from model.errors import DataError
from model.labelled import LabelledNarrative
from model.score import Score
from training.evidence.answers import Answered
from training.evidence.certificate import Claim
from training.evidence.demand import demand, read_assumptions
from training.evidence.learning import LearningCurve
from training.evidence.mistakes import mistakes
from training.evidence.parts import Part, some
from training.evidence.reliability import reliability
from training.evidence.sentences import agreement
from training.evidence.standing import keep, kept, standing
from training.evidence.strata import strata
from training.evidence.tradeoff import precision_at_prevalence, tradeoff
from training.evidence.true_share import true_share
from training.plots.mistakes import cards
from training.testing import Answers


def row(number: int, kind: str, text: str = "words of a call") -> LabelledNarrative:
    return LabelledNarrative.model_validate(
        {
            "id": f"r{number}", "text": text, "mental_health": kind == "only", "immediate_risk": kind == "police",
            "crime": False, "police_duty": False, "difficulty": "clear", "register": "everyday",
            "style": "prose" if number % 2 else "web", "caller": "friend", "family": "f", "scenario": f"s{number}",
            "author": f"w{number % 8}", "round": 0,
        }
    )  # fmt: skip


ROWS = [row(n, "only" if n % 10 < 4 else "police" if n % 10 < 9 else "neither") for n in range(1200)]
PART = Part("test", ROWS, ours=True)


def answered(noise: float, flagged: np.ndarray | None = None) -> Answered:
    rng = np.random.default_rng(3)
    scores = PART.only + rng.normal(0, noise, len(ROWS))
    p = np.clip(scores, 0.01, 0.99)
    flags = scores > 1.2 if flagged is None else flagged
    nothing = np.zeros(len(ROWS), dtype=bool)
    return Answered(
        "one", Answers(np.column_stack([p] * 5), flags, nothing), scores, ~nothing, 1.2, None, 100.0, 1000
    )  # fmt: skip


def test_a_standing_has_the_truth_within_its_interval_and_survives_the_disk(tmp_path) -> None:
    found = standing(PART, answered(0.4), "yesterday")
    assert found.auroc.low <= found.auroc.value <= found.auroc.high < 1
    assert found.precision.middle[-1] == pytest.approx(0.4, abs=0.02)  # all recalled: the share of the class
    assert found.unsafe.value < 0.02 < found.recall.value
    keep([found], tmp_path / "kept.json")
    assert kept(tmp_path / "kept.json") == [found]
    assert kept(tmp_path / "none.json") == []


def test_precision_follows_bayes_rule_down_to_rare_calls() -> None:
    # 90% of mental-health-only flagged, 10% of the others.
    flags = np.array([(n // 10) % 10 < 9 if r.mental_health_only else (n // 10) % 10 < 1 for n, r in enumerate(ROWS)])
    found = precision_at_prevalence(PART, answered(0.4, flags), asked=0.1)
    assert found.there.value == pytest.approx(0.09 / (0.09 + 0.09))
    assert found.flags_per_thousand.value == pytest.approx(180)
    assert found.half is not None
    assert 0.08 < found.half < 0.1
    assert (np.diff(found.precision[:, 0]) > 0).all()


def test_the_tradeoff_passes_through_what_was_chosen() -> None:
    one = answered(0.4)
    found = tradeoff(PART, one)
    assert found.unsafe_flags == int((one.answers.flagged & PART.police).sum())
    nearest = np.abs(found.recall[:, 0] - found.chosen_recall.value).argmin()
    assert found.unsafe[nearest, 0] == pytest.approx(found.chosen_unsafe.value, abs=0.02)
    assert (np.diff(found.recall[:, 0]) >= 0).all()
    assert found.bound > found.chosen_unsafe.value


def test_reliability_sees_overconfidence() -> None:
    rng = np.random.default_rng(0)
    honest = rng.random(len(ROWS))
    truth = rng.random(len(ROWS)) < honest
    rows = [row(n, "only" if t else "police") for n, t in enumerate(truth)]
    part = Part("x", rows, ours=True)
    nothing = np.zeros(len(rows), dtype=bool)

    def gap(p: np.ndarray) -> float:
        answers = Answers(np.column_stack([p] * 5), nothing, nothing)
        return reliability(part, Answered("x", answers, p, ~nothing, None, None, 1.0, 1))[-1].ece.value

    assert gap(honest) < 0.05 < gap(np.where(honest > 0.5, 0.99, 0.01))


def test_slices_too_thin_get_no_rate() -> None:
    found = strata(PART, answered(0.4), {"": lambda r: "few" if r.id in {"r0", "r4"} else "many"})
    few, many = found
    assert (few.recall, few.unsafe) == (None, None)
    assert many.recall is not None
    assert many.number == len(ROWS) - 2


def test_the_bootstrap_draws_scenarios_where_writers_are_few() -> None:
    alone = Part("own", [r.model_copy(update={"author": "one"}) for r in ROWS], ours=False)
    assert len(set(alone.units)) == len(ROWS)
    assert len(set(PART.units)) == 8
    found = standing(alone, answered(0.4))
    assert found.recall.low < found.recall.value < found.recall.high


def test_a_limit_draws_the_same_rows_in_their_order() -> None:
    few = some(ROWS, 50)
    assert [r.id for r in few] == [r.id for r in ROWS if r.id in {f.id for f in few}]
    assert few == some(ROWS, 50)
    assert len({r.author for r in few}) > 4
    assert some(ROWS, None) is ROWS


def test_demand_grows_with_calls_and_break_even_falls_with_harm() -> None:
    one = answered(0.4)
    small, _ = read_assumptions({"calls_a_year": [1000, 1000]})
    large, _ = read_assumptions({"calls_a_year": [100_000, 100_000]})
    little, much = demand(PART, one, small), demand(PART, one, large)
    assert much.outcomes["calls flagged"].middle == pytest.approx(100 * little.outcomes["calls flagged"].middle)
    assert much.unsafe_rate == little.unsafe_rate
    for r in much.outcomes.values():
        assert r.low <= r.middle <= r.high
    assert (np.diff(much.break_even[:, 0]) <= 0).all()


def test_a_harmless_year_is_worth_it_and_a_useless_one_is_not() -> None:
    useful, _ = read_assumptions()
    useless, _ = read_assumptions({"redirected": [0, 0]})
    assert demand(PART, answered(0.4), useful).losing < 0.2
    assert demand(PART, answered(0.4), useless).losing == 1
    assert demand(PART, answered(0.4), useless).weight_at_rate.middle == 0


@pytest.mark.parametrize("own", [{"no_such": [1, 2]}, {"caught": [0.9, 0.5]}, {"caught": [0.5]}])
def test_a_wrong_assumption_is_named(own: dict[str, list[float]]) -> None:
    with pytest.raises(DataError, match=next(iter(own))):
        read_assumptions(own)


def test_every_assumption_says_where_it_comes_from() -> None:
    found, published = read_assumptions()
    assert {a.kind for a in found} <= {"published", "derived", "assumed"}
    assert all(a.source and a.low < a.high for a in found)
    assert all(p.url.startswith("https://") and p.value > 0 for p in published)


def test_the_true_share_is_held_as_often_as_promised_and_more_narrowly_than_from_labels_alone() -> None:
    found = true_share(PART, answered(0.3), prevalence=0.1, trained=0.4)
    assert found.share == pytest.approx(0.1, abs=0.01)
    assert found.powered_held > 0.88
    assert found.width_ratio < 0.9
    # Scores that know nothing must not make the interval wrong.
    assert true_share(PART, answered(50.0), prevalence=0.1, trained=0.4).powered_held > 0.85


def test_the_true_share_of_a_force_s_own_calls_is_not_thinned() -> None:
    own = Part("own", ROWS, ours=False)
    assert true_share(own, answered(0.3), prevalence=0.1, trained=0.4).share == pytest.approx(PART.only.mean())


def score(decision: str, confidence: float) -> Score:
    return Score(decision, (), confidence, (0.1, 0.9), {"mental_health": 0.5}, (), {}, "m", "p")  # type: ignore[arg-type]


def test_unsafe_flags_come_first_and_no_text_is_shown_unless_asked() -> None:
    part = Part("x", [row(1, "only", "a <b> text"), row(2, "police"), row(3, "police"), row(4, "only")], ours=True)
    found = mistakes(part, [score("pass", 0.1), score("flag", 0.7), score("flag", 0.9), score("review", 0.4)])
    assert [(m.kind, m.row.id) for m in found] == [("unsafe", "r3"), ("unsafe", "r2"), ("missed", "r1")]
    assert "a &lt;b&gt; text" in cards(found, shown=True)
    hidden = cards(found, shown=False)
    assert "words of a call" not in hidden
    assert "r3" in hidden


def test_a_manifest_that_lies_is_called_out() -> None:
    honest = [Claim("narratives", 10, 10), Claim("recall", 0.5, 0.5)]
    assert "does what its manifest says" in agreement(honest)
    assert "does not do what its manifest says" in agreement([honest[0], Claim("recall", 0.6, 0.5)])
    assert "cannot be compared" in agreement([Claim("narratives", 9, 10), honest[1]])


def test_the_learning_curve_gives_its_power() -> None:
    curve = LearningCurve([100, 200, 400], [0.8, 0.9, 0.95], [0.8, 0.4, 0.2], "here")
    assert curve.slope == pytest.approx(-1)
