"""A log too long to be read at once: read in pieces, so that every clause counts, and never flagged.

A long log is where one line of risk is most easily missed. Averaging over it would hide that line, so the answer is
that of the most dangerous piece, with the lowest confidence of any.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import Final, Protocol

from model.errors import NarrativeError
from model.factors import POLICE_FACTORS
from model.narrative import LONGEST, Narrative
from model.score import Because, Score

LONGEST_LOG: Final = 1_000_000
"""Characters that the whole log of an incident may have."""

# From the cut that keeps most together to the one that is always there.
_ENDS: Final = ("\n", ". ", "; ", " - ", ", ", " ")
_RULES: Final = ("stop-", "policy-")


class ScoresNarratives(Protocol):
    """What reading in pieces needs of a scorer."""

    def score(self, narrative: Narrative) -> Score:
        """One score."""

    def score_many(self, narratives: list[Narrative]) -> list[Score]:
        """Scores in the order of the narratives."""


def score_log(text: object, scorer: ScoresNarratives) -> Score:
    """Score the whole log of an incident, of up to 1,000,000 characters.

    Up to 20,000 characters it gets what any narrative gets. Beyond, the decision is ``review``, because "too-long".
    Its factors, reasons and rest are those of the piece with the highest risk, so that they still add up; confidence
    and interval are those of the piece with the lowest confidence; what a stop cue or the policy said of any piece
    stands in ``because``.

    Raises:
        NarrativeError: as ``Narrative.of``.
    """
    if not isinstance(text, str) or len(text) <= LONGEST:
        return scorer.score(Narrative.of(text))
    Narrative.of(text, LONGEST_LOG)  # what is wrong with the whole is said of the whole, not of a piece
    starts, narratives = _narratives(text)
    return _together(len(text), starts, scorer.score_many(narratives))


def risk(factors: dict[str, float]) -> float:
    """The probability that at least one of the police factors holds, taking them as independent."""
    return 1.0 - prod(1.0 - factors[name] for name in POLICE_FACTORS)


def pieces(text: str, longest: int = LONGEST) -> Iterator[tuple[int, int]]:
    """Where to cut ``text``: stretches of at most ``longest`` characters that together are the whole text.

    A cut stands at the end of a line if there is one in the second half of the stretch, or else at the end of a
    clause, or else between words.
    """
    start = 0
    while len(text) - start > longest:
        end = _cut(text, start, start + longest)
        yield start, end
        start = end
    yield start, len(text)


def _cut(text: str, start: int, latest: int) -> int:
    middle = (start + latest) // 2
    for end in _ENDS:
        at = text.rfind(end, middle, latest)
        if at >= 0:
            return at + len(end)
    return latest


def _narratives(text: str) -> tuple[list[int], list[Narrative]]:
    starts, narratives = [], []
    for start, end in pieces(text):
        try:
            narratives.append(Narrative.of(text[start:end]))
        except NarrativeError as error:
            if error.code != "text-blank":
                raise
        else:
            starts.append(start)
    return starts, narratives


def _together(length: int, starts: Sequence[int], scores: Sequence[Score]) -> Score:
    worst = max(range(len(scores)), key=lambda i: risk(scores[i].factors))
    least = min(scores, key=lambda score: score.confidence)
    offset = starts[worst]
    heard = dict.fromkeys(b for score in scores for b in score.because if b.code.startswith(_RULES))
    why = f"{length:,} characters, more than {LONGEST:,}: read in {len(scores)} pieces. A person reads the whole log."
    return replace(
        scores[worst],
        decision="review",
        because=(Because("too-long", why), *heard),
        confidence=least.confidence,
        interval=least.interval,
        reasons=tuple(replace(r, start=r.start + offset, end=r.end + offset) for r in scores[worst].reasons),
        stop_cues=tuple(dict.fromkeys(cue for score in scores for cue in score.stop_cues)),
    )
