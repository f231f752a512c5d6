"""The behavioural suite: what it catches, on stand-ins for the scorer and rows made up for the purpose."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import orjson
import pytest

from model.factors import FACTORS
from model.labelled import ContrastNarrative, LabelledNarrative
from model.narrative import Narrative
from model.score import Decision, Score
from model.scorer import Scorer
from training import noise
from training.behaviour import behaviour
from training.corpus import CONTRAST, NARRATIVES, read_contrast, read_corpus
from training.trials import missed, share

NUMBERS = count()


@dataclass(frozen=True)
class Stub:
    """Scores by a rule on the text."""

    rule: Callable[[str], tuple[Decision, float]]

    def score_many(self, narratives: Sequence[Narrative]) -> list[Score]:
        return [self._score(*self.rule(n.given)) for n in narratives]

    @staticmethod
    def _score(decision: Decision, confidence: float) -> Score:
        danger = 1 - confidence
        factors = dict(zip(FACTORS, (0.9, danger, 0.1, 0.1), strict=True))
        return Score(decision, (), confidence, (confidence, confidence), factors, (), {}, "stub", "stub")


def row(text: str, risk: bool = False) -> LabelledNarrative:
    return LabelledNarrative.model_validate(fields(text, risk))


def fields(text: str, risk: bool) -> dict[str, object]:
    return {
        "id": f"r{next(NUMBERS)}", "text": text, "mental_health": True, "immediate_risk": risk, "crime": False,
        "police_duty": False, "difficulty": "clear", "register": "everyday", "style": "prose", "caller": "relative",
        "family": "made up", "scenario": "s", "author": "w", "round": 0,
    }  # fmt: skip


def group(name: str, capability: str, *members: tuple[str, str, bool]) -> list[ContrastNarrative]:
    return [
        ContrastNarrative.model_validate(
            fields(text, risk) | {"group": name, "expects": expects, "capability": capability}
        )
        for expects, text, risk in members
    ]


NEGATED = group(
    "g1", "negation", ("base", "She is low, no knife.", False), ("change", "She is low, has a knife.", True)
)
SAME = group("g2", "invariance", ("base", "He hears voices.", False), ("same", "Voices, he hears them.", False))


def always(decision: Decision) -> Stub:
    return Stub(lambda text: (decision, 0.9))


def reads_has(text: str) -> tuple[Decision, float]:
    return ("review", 0.2) if re.search("has a knife", text, re.IGNORECASE) else ("flag", 0.9)


def test_a_scorer_that_reads_the_negation_holds_every_group() -> None:
    found = behaviour(Stub(reads_has), [*NEGATED, *SAME], [])["contrast"]
    assert found["negation"]["held"]["share"] == 1
    assert found["negation"]["unsafe_flags"] == share([False])
    assert found["negation"]["consistent"]["share"] == 1
    assert found["all"]["groups"] == 2


def test_a_scorer_that_flags_everything_fails_where_somebody_is_in_danger_and_only_there() -> None:
    found = behaviour(always("flag"), [*NEGATED, *SAME], [])["contrast"]
    assert found["negation"]["held"]["share"] == 0
    assert found["negation"]["unsafe_flags"]["hits"] == 1
    assert found["negation"]["consistent"]["share"] == 0
    assert found["invariance"]["held"]["share"] == 1


def test_passing_what_is_mental_health_only_fails_the_group() -> None:
    assert behaviour(always("pass"), NEGATED, [])["contrast"]["all"]["held"]["share"] == 0


def test_sending_everything_to_review_holds_the_groups_and_shows_as_flagging_nothing() -> None:
    found = behaviour(always("review"), NEGATED, [])["contrast"]["all"]
    assert found["held"]["share"] == 1
    assert found["flagged"]["share"] == 0


def test_invariance_is_measured_against_the_base_of_the_group() -> None:
    shaky = Stub(lambda text: ("flag", 0.9) if text.startswith("He") else ("review", 0.6))
    found = behaviour(shaky, [*SAME, *NEGATED], [])["invariance"]
    assert found["pairs"] == 1
    assert found["kept"]["share"] == 0
    assert found["change"]["median"] == pytest.approx(0.3)


def test_a_scorer_that_case_fools_is_caught_moving_danger_to_flag() -> None:
    rows = [row("He has the rope, and he's alone."), row("She's on the bridge, now.", risk=True)]
    fooled = Stub(lambda text: ("flag", 0.9) if text.isupper() else ("review", 0.5))
    found = behaviour(fooled, [], rows)
    kinds = found["noise"]["typing"]["kinds"]
    assert kinds["all capitals"]["kept"]["share"] == 0
    assert kinds["all capitals"]["moved_to_flag"] == share([True])
    assert kinds["all lower case"]["kept"]["share"] == 1
    assert {"typing noise: decisions kept", "typing noise: moved to flag"} <= set(missed(found))


def test_a_text_that_the_noise_leaves_alone_is_not_counted_as_kept() -> None:
    found = behaviour(always("review"), [], [row("ALONE AND LOW")])["noise"]["typing"]["kinds"]
    assert found["all capitals"]["kept"]["number"] == 0
    assert found["no apostrophes"]["kept"]["number"] == 0
    assert found["all lower case"]["kept"]["number"] == 1


def test_a_bar_with_nothing_to_measure_is_missed() -> None:
    assert "contrast groups held" in missed(behaviour(always("review"), [], []))


TEXT = "Informant states that he's low, has not slept since 14:05 yesterday. No plan; the ambulance is with him!"


@pytest.mark.parametrize("name", [*noise.TYPING, *noise.SHORTHAND])
def test_noise_depends_on_the_seed_and_the_narrative_alone(name: str) -> None:
    kind = (noise.TYPING | noise.SHORTHAND)[name]
    altered = [noise.noisy(TEXT, kind, noise.generator(7, name, "a")) for _ in range(2)]
    assert altered[0] is not None
    assert altered[0] == altered[1]


def test_another_seed_makes_other_slips() -> None:
    assert noise.slips(TEXT, noise.generator(1)) != noise.slips(TEXT, noise.generator(2))


def test_each_kind_of_noise_does_what_it_says() -> None:
    rng = noise.generator(0)
    slipped = noise.slips(TEXT, rng)
    wrong = [(a, b) for a, b in zip(TEXT, slipped, strict=True) if a != b]
    assert wrong
    assert all(b.lower() in noise.NEIGHBOURS[a.lower()] and a.isupper() == b.isupper() for a, b in wrong)
    assert len(noise.dropped_letters(TEXT, rng)) < len(TEXT) < len(noise.doubled_letters(TEXT, rng))
    assert noise.dropped_spaces(TEXT, rng).replace(" ", "") == TEXT.replace(" ", "")
    assert not set(",;!") & set(noise.no_punctuation(TEXT, rng))
    assert "14:05" in noise.no_punctuation(TEXT, rng)
    assert "hes low" in noise.no_apostrophes(TEXT, rng)


def test_keys_touch_their_neighbours_on_every_side() -> None:
    assert set(noise.NEIGHBOURS["s"]) == set("adwezx")


def test_shorthand_is_what_the_lexicon_expands() -> None:
    written = {noise.shorthand("the ambulance and the informant", noise.generator(seed)) for seed in range(40)}
    assert any("inft" in text for text in written)
    assert "the ambulance and the informant" in written
    assert all(text.startswith("the ") for text in written)


def test_the_suite_runs_on_a_real_model_and_its_figures_are_json(scorer: Scorer) -> None:
    found = behaviour(scorer, read_contrast([CONTRAST])[:30], read_corpus([NARRATIVES])[:15], seed=1)
    assert orjson.loads(orjson.dumps(found)) == found
    assert found["noise"]["narratives"] == 15
    assert found["noise"]["typing"]["kinds"]["all capitals"]["change"]["median"] < 0.05
