"""Equal treatment: what a swap changes, what it leaves, and that a scorer which minds is caught."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import orjson
import pytest

from model.factors import FACTORS
from model.labelled import LabelledNarrative
from model.narrative import Narrative
from model.score import Decision, Score
from model.scorer import Scorer
from training.corpus import NARRATIVES, read_corpus
from training.descriptors import age, ethnicity, faith
from training.noise import generator
from training.persons import names, sex
from training.swaps import CHARACTERISTICS, pairs, swaps
from training.trials import missed

NUMBERS = count()


@dataclass(frozen=True)
class Stub:
    """Scores by a rule on the text."""

    rule: Callable[[str], tuple[Decision, float]]

    def score_many(self, narratives: Sequence[Narrative]) -> list[Score]:
        scored = [self.rule(n.given) for n in narratives]
        factors = dict.fromkeys(FACTORS, 0.5)
        return [Score(d, (), c, (c, c), factors, (), {}, "stub", "stub") for d, c in scored]


def row(text: str) -> LabelledNarrative:
    return LabelledNarrative.model_validate(
        {
            "id": f"r{next(NUMBERS)}", "text": text, "mental_health": True, "immediate_risk": False, "crime": False,
            "police_duty": False, "difficulty": "clear", "register": "everyday", "style": "prose",
            "caller": "relative", "family": "made up", "scenario": "s", "author": "w", "round": 0,
        }
    )  # fmt: skip


def after(make: Callable[..., list[tuple[str, str, str]]], text: str, seed: int = 0) -> dict[str, str]:
    return {group: second for group, _, second in make(text, generator(seed))}


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("M 34 says he lost his keys, took him home.", "F 34 says she lost her keys, took her home."),
        ("WOMAN RANG. SHE TOLD HER SISTER TO COME.", "MAN RANG. HE TOLD HIS BROTHER TO COME."),
        ("Nurse saw her at nine and gave her a leaflet. Her bag is here.",
         "Nurse saw him at nine and gave him a leaflet. His bag is here."),
        ("My son says hes low and i'm with him", "My daughter says shes low and i'm with her"),
        ("Mr Pell rang himself.", "Mrs Pell rang herself."),
        ("0815 M rings us. It is his.", "0815 F rings us. It is hers."),
    ],
)  # fmt: skip
def test_sex_changes_through_the_whole_text_and_keeps_case(text: str, swapped: str) -> None:
    assert list(after(sex, text).values()) == [swapped]


def test_a_first_name_changes_sex_with_the_rest() -> None:
    (swapped,) = after(sex, "Keith says he is low.").values()
    assert swapped.endswith("says she is low.")
    assert "Keith" not in swapped


@pytest.mark.parametrize(
    "text",
    [
        "Mum ringing about her son, he is low.",  # both sexes
        "She is 30 weeks pregnant and low.",
        "Somebody is low.",
        "He is on the edge, a 20M drop.",  # metres or a male
    ],
)
def test_sex_is_left_where_it_bears_on_the_text_or_cannot_be_told(text: str) -> None:
    assert after(sex, text) == {}


def test_metres_and_elisions_are_no_persons() -> None:
    assert after(sex, "I'M LOW, 20 M FROM THE EDGE") == {}


@pytest.mark.parametrize("text", ["M 34 low.", "A 34 year old is low.", "Caller, 34yo, low.", "aged 34 and low"])
def test_an_adults_age_moves_by_some_years_and_nothing_else_does(text: str) -> None:
    ((group, swapped),) = after(age, text).items()
    new = int(re.search(r"\d+", swapped).group())
    assert 5 <= abs(new - 34) <= 12
    assert (new > 34) == (group == "older")
    assert re.sub(r"\d+", "34", swapped) == text


def test_all_ages_of_a_text_move_together() -> None:
    (swapped,) = after(age, "M 34 rings, his friend F 40 is there.").values()
    first, second = map(int, re.findall(r"\d+", swapped))
    assert second - first == 6


@pytest.mark.parametrize(
    "text",
    [
        "A 12 year old is low.",
        "F 82, frail, in the cold.",
        "M 34 weeks on the ward.",
        "Married 34 years.",
        "Lives at 34 Elm Row.",
        "M 40s low.",
    ],
)
def test_age_is_left_where_it_matters_or_is_no_age(text: str) -> None:
    assert after(age, text) == {}


def test_nobody_crosses_into_or_out_of_old_age() -> None:
    for seed in range(30):
        for before in (18, 60, 64, 65, 70, 95):
            for swapped in after(age, f"M {before} low.", seed).values():
                new = int(re.search(r"\d+", swapped).group())
                assert 18 <= new <= 95
                assert (new < 65) == (before < 65)


def test_a_name_becomes_one_of_every_other_origin_wherever_it_stands() -> None:
    found = after(names, "Keith is low. KEITH'S sister rang about Keith.")
    assert set(found) == {"South Asian", "Muslim", "Black African and Caribbean", "East European", "Irish", "Chinese"}
    for text in found.values():
        assert "keith" not in text.lower()
        name = text.split(" is low")[0]
        assert text == f"{name} is low. {name.upper()}'S sister rang about {name}."


def test_a_surname_after_a_title_changes_and_two_persons_stay_two() -> None:
    for text in after(names, "Mr Pell shouted at Mrs Voss.").values():
        first, second = re.fullmatch(r"Mr (\S+) shouted at Mrs (\S+)\.", text).groups()
        assert first != second
        assert {first, second}.isdisjoint({"Pell", "Voss"})


def test_masks_are_filled_on_both_sides() -> None:
    for _, before, swapped in names("[NAME1] is low, she rang [NAME2].", generator(0)):
        assert "[" not in before + swapped
        assert before != swapped


@pytest.mark.parametrize(
    "text", ["Found on Craig Street.", "Drinking in the George.", "mark my words, a will.", "Low."]
)
def test_what_is_no_persons_name_stays(text: str) -> None:
    assert after(names, text) == {}


def test_ethnicity_replaces_the_code_or_the_word_that_stands() -> None:
    assert after(ethnicity, "IC3 male, 30s, low.")["IC1"] == "IC1 male, 30s, low."
    for group, text in after(ethnicity, "A white male is low.").items():
        assert text in (f"A {group} male is low.", f"An {group} male is low.")
    for group, text in after(ethnicity, "F 30 LOW").items():
        assert text == f"{group.upper()} F 30 LOW"


def test_the_article_fits_the_word_put_in() -> None:
    found: dict[str, str] = {}
    for seed in range(30):
        found |= after(ethnicity, "There is a man crying.", seed)
    assert found["Asian"] == "There is an Asian man crying."
    assert found["Black"] == "There is a Black man crying."


@pytest.mark.parametrize("text", ["M 30 shouted racist abuse.", "IC1 male hit IC3 male.", "Nobody here."])
def test_ethnicity_is_left_where_it_matters_or_parts_two_persons(text: str) -> None:
    assert after(ethnicity, text) == {}


def test_faith_is_left_where_the_text_is_about_it() -> None:
    assert after(faith, "M 30 says God told him to fast.") == {}
    assert all(text == f"{group} M 30 low." for group, text in after(faith, "M 30 low.").items())


ROWS = [row(f"Keith rang. M {30 + i} is low, says he cannot sleep.") for i in range(20)]


def test_a_scorer_that_minds_one_origin_is_caught_with_its_direction() -> None:
    def minds(text: str) -> tuple[Decision, float]:
        return (
            ("pass", 0.1) if re.search("Mohammed|Ahmed|Ibrahim|Yusuf|Hassan|Tariq|Bilal|Omar", text) else ("flag", 0.9)
        )

    found = swaps(Stub(minds), ROWS)
    named = found["characteristics"]["name"]
    assert named["kept"]["share"] == pytest.approx(5 / 6)
    assert named["groups"]["Muslim"] == {
        "pairs": 20, "mean_change": pytest.approx(-0.8), "interval": pytest.approx([-0.8, -0.8]),
        "towards_flag": 0, "towards_pass": 20,
    }  # fmt: skip
    assert named["groups"]["Irish"]["towards_pass"] == 0
    assert found["characteristics"]["age"]["kept"]["share"] == 1
    assert "name: decisions kept" in missed(found)
    assert "age: decisions kept" not in missed(found)
    assert set(named["changed"]) == {r.id for r in ROWS}


def test_a_scorer_that_reads_only_what_happened_meets_every_bar_but_the_number() -> None:
    blind = Stub(lambda text: ("flag", 0.9) if "cannot sleep" in text else ("review", 0.5))
    found = swaps(blind, ROWS)
    assert missed(found) == ["swap pairs"]
    assert found["all"]["change"]["median"] == 0


def test_where_in_the_text_a_swap_falls_is_irrelevant() -> None:
    (early,), (late,) = after(sex, "He is low.").values(), after(sex, "At nine today: he is low.").values()
    assert late == "At nine today: s" + early[1:]


def test_a_characteristic_without_a_pair_is_missed_and_not_met() -> None:
    found = swaps(Stub(lambda text: ("review", 0.5)), [row("Somebody is low.")])
    assert found["pairs"] == 0
    assert {f"{name}: decisions kept" for name in CHARACTERISTICS} <= set(missed(found))


def test_pairs_are_the_same_for_the_same_seed_whatever_else_is_in_the_corpus() -> None:
    assert pairs(ROWS[3:5], seed=4) == [p for p in pairs(ROWS, seed=4) if p.narrative in (ROWS[3].id, ROWS[4].id)]


def test_the_pairs_run_on_a_real_model_and_their_figures_are_json(scorer: Scorer) -> None:
    found = swaps(scorer, read_corpus([NARRATIVES])[:40], seed=1)
    assert orjson.loads(orjson.dumps(found)) == found
    assert found["pairs"] > 0
