"""The gate: what is refused, and that it says why."""

import numpy as np
import pytest

from model.labelled import LabelledNarrative
from model.scorer import Scorer
from training.contest import Compared, Judges, contest
from training.corpus import NARRATIVES, read_corpus
from training.gate import judge, read_rules
from training.splits import read_splits

RATE = "unsafe_flag_rate"
SOUND = Compared(RATE, "all", 1000, 0.015, 0.016, -0.001, (-0.004, 0.002))


def test_a_challenger_as_safe_as_the_champion_passes() -> None:
    outcome = judge([SOUND])
    assert outcome.verdict == "passed" and not outcome.reasons


@pytest.mark.parametrize(
    ("compared", "says"),
    [
        (Compared(RATE, "all", 1000, 0.021, 0.016, 0.005, (0.001, 0.009)), "not by chance"),
        (Compared(RATE, "all", 1000, 0.030, 0.016, 0.014, (-0.004, 0.030)), "worse by more than the 1.00%"),
        (Compared(RATE, "all", 1000, 0.060), "beyond the limit of 4.00%"),
        (Compared(RATE, "all", 20, 0.0), "nobody can say"),
        (Compared(RATE, "style web", 90, 0.09, 0.02, 0.07, (0.01, 0.12)), "style web"),
        (Compared("recall", "all", 500, 0.40, 0.58, -0.18, (-0.25, -0.12)), "recall"),
        (Compared("relabelled_rows", "all", 1000, 0.05), "changed labels"),
        (Compared("contradicted_rows", "all", 1000, 0.06, 0.03, 0.03, (0.01, 0.05)), "contradicted labels"),
        (Compared("decisions_kept_when_swapped", "sex", 500, 0.93, 0.99, -0.06), "protected characteristics (sex)"),
        (Compared("seconds_a_thousand", "all", 256, 3.0, 1.0, 2.0), "speed"),
    ],
)
def test_each_rule_refuses_in_words(compared: Compared, says: str) -> None:
    comparisons = [compared] if (compared.measure, compared.stratum) == (RATE, "all") else [SOUND, compared]
    outcome = judge(comparisons)
    assert outcome.verdict == "refused"
    assert len(outcome.reasons) == 1 and says in outcome.reasons[0]


def test_a_stratum_with_too_little_is_reported_and_not_judged() -> None:
    outcome = judge([SOUND, Compared(RATE, "style web", 12, 0.5, 0.0, 0.5, (0.2, 0.8))])
    assert outcome.verdict == "passed"
    assert [f.met for f in outcome.findings] == [True, None]


def test_nothing_to_judge_is_a_refusal() -> None:
    assert judge([]).verdict == "refused"


def test_every_rule_asks_for_something_that_is_measured(scorer: Scorer) -> None:
    splits = read_splits()
    rows: list[LabelledNarrative] = splits.of(read_corpus([NARRATIVES]), "test")[:60]
    judges = Judges(rows, [row.author for row in rows], {"style x": np.arange(60) < 30})
    found = contest(scorer, scorer, judges).comparisons
    assert {rule.measure for rule in read_rules()} <= {c.measure for c in found} | {
        "relabelled_rows",
        "contradicted_rows",
    }
    timed = "seconds_a_thousand"
    assert all(c.difference == 0 for c in found if c.measure != timed and c.difference is not None)
    assert all(c.interval in (None, (0.0, 0.0)) for c in found)
    assert any(c.stratum == "style x" for c in found)
