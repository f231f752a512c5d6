"""Are the reasons the reason? ``python -m training.faithfulness`` deletes their words, and as many others.

Comprehensiveness and sufficiency after DeYoung et al. (2020, ERASER, doi 10.18653/v1/2020.acl-main.408): how far the
probability of the answer falls when the shown reasons are deleted, and when nothing but them is left. A reason that is
not one would do no better than as many words drawn at random from the rest.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rich.table import Table

from model.errors import NarrativeError
from model.labelled import LabelledNarrative
from model.narrative import Narrative
from model.score import Score
from model.scoring import ManyScorer
from training.evaluation import author_interval
from training.trials import Figures, at_least, command, decimal, score_texts, table

DRAWS: Final = 3
"""How often as many other words are drawn for each narrative."""

_WORD: Final = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Erasure:
    """A narrative without its reasons and with nothing else, and the same with as many other words."""

    number: int
    without: str
    alone: str
    others_without: tuple[str, ...]
    others_alone: tuple[str, ...]


def measure(scorer: ManyScorer, rows: Sequence[LabelledNarrative], seed: int = 0) -> Figures:
    """Mean comprehensiveness and sufficiency of the reasons and of as many other words, with 95% intervals over
    authors. ``moved`` is the mean absolute change of the confidence."""
    rng = np.random.default_rng(seed)
    before = score_texts(scorer, [row.text for row in rows])
    erased = [e for n, row in enumerate(rows) if (e := erase(n, row.text, before[n], rng)) is not None]
    confidence = np.array([before[e.number].confidence for e in erased])
    answer_yes = confidence >= 0.5

    def scores(texts: Sequence[str]) -> np.ndarray:
        return np.array([s.confidence for s in score_texts(scorer, texts)])

    def of_draws(draws: Sequence[tuple[str, ...]]) -> np.ndarray:
        return np.asarray(scores([text for own in draws for text in own]).reshape(-1, DRAWS).mean(axis=1))

    after = {
        "without the reasons": scores([e.without for e in erased]),
        "without as many others": of_draws([e.others_without for e in erased]),
        "the reasons alone": scores([e.alone for e in erased]),
        "as many others alone": of_draws([e.others_alone for e in erased]),
    }
    authors = [rows[e.number].author for e in erased]
    found: Figures = {"narratives": len(erased)}
    for name, left in after.items():
        fall = np.where(answer_yes, confidence - left, left - confidence)
        found[name] = {
            "fall": float(fall.mean()),
            "interval": author_interval(lambda i, f=fall: float(f[i].mean()), authors),  # type: ignore[misc]
            "moved": float(np.abs(confidence - left).mean()),
        }
    return found


def erase(number: int, text: str, score: Score, rng: np.random.Generator) -> Erasure | None:
    """The erased versions of a narrative; ``None`` when it has no reasons, or hardly anything beside them."""
    words = [(m.start(), m.end()) for m in _WORD.finditer(text)]
    shown = {n for n, (start, end) in enumerate(words) for r in score.reasons if start < r.end and r.start < end}
    others = [n for n in range(len(words)) if n not in shown]
    if not shown or len(others) < len(shown):
        return None
    draws = [set(rng.choice(others, len(shown), replace=False).tolist()) for _ in range(DRAWS)]
    erasure = Erasure(
        number,
        without=_left(text, words, set(others)),
        alone=_left(text, words, shown),
        others_without=tuple(_left(text, words, set(range(len(words))) - drawn) for drawn in draws),
        others_alone=tuple(_left(text, words, drawn) for drawn in draws),
    )
    every = (erasure.without, erasure.alone, *erasure.others_without, *erasure.others_alone)
    return erasure if all(_scoreable(text) for text in every) else None


def _left(text: str, words: Sequence[tuple[int, int]], kept: set[int]) -> str:
    """The text with only these words, every line where it was."""
    pieces, at = [], 0
    for number, (start, end) in enumerate(words):
        pieces.append("\n" if "\n" in text[at:start] else " ")
        if number in kept:
            pieces.append(text[start:end])
        at = end
    return "".join(pieces).strip()


def _scoreable(text: str) -> bool:
    try:
        Narrative.of(text)
    except NarrativeError:
        return False
    return True


def faithfulness(scorer: ManyScorer, rows: Sequence[LabelledNarrative], seed: int) -> Figures:
    """The measurement with its bars: reasons do more than as many other words, both ways."""
    found = measure(scorer, rows, seed)
    more = found["without the reasons"]["fall"] - found["without as many others"]["fall"]
    less = found["as many others alone"]["fall"] - found["the reasons alone"]["fall"]
    return {
        "erasure": found,
        "bars": [
            at_least("comprehensiveness above that of other words", more, 0.0),
            at_least("sufficiency better than that of other words", less, 0.0),
        ],
    }


def tables(figures: Figures) -> list[Table]:
    """For the terminal."""
    found = figures["erasure"]
    names = [name for name in found if name != "narratives"]
    return [
        table(
            f"Fall of the probability of the answer, {found['narratives']} narratives",
            ("what is left", "mean fall", "95% (authors)", "confidence moved by"),
            (
                (
                    name,
                    decimal(found[name]["fall"]),
                    " to ".join(map(decimal, found[name]["interval"])),
                    decimal(found[name]["moved"]),
                )
                for name in names
            ),
        )
    ]


def main() -> int:
    """Measure the current model's reasons."""
    return command("faithfulness", "Are the reasons the reason?", faithfulness, tables)


if __name__ == "__main__":
    sys.exit(main())
