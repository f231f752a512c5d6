"""The report's four answers for a reader who knows no machine learning."""

from collections.abc import Sequence
from typing import Any

from training.contest import Compared
from training.gate import Outcome
from training.parts import Parts

NOT_FOR: tuple[str, ...] = (
    "It may not close, delay or downgrade a call: it only proposes calls for a person to look at.",
    "It may not be used to judge a person, or as a risk assessment.",
    "It may not be relied on for calls unlike those it was trained on: another force, language or kind of log.",
    "A call that is not flagged has not been found to need the police, nor not to need them.",
)


def answers(outcome: Outcome, comparisons: Sequence[Compared], parts: Parts, champion: str | None) -> dict[str, Any]:
    """Is it safer than before, for whom is it worse, what was it trained on, what may it not be used for."""
    trained = parts.training
    own = sum(trained.own)
    return {
        "verdict": _verdict(outcome),
        "is_it_safer_than_before": _safer(comparisons, champion),
        "for_whom_is_it_worse": _worse(outcome, champion),
        "what_was_it_trained_on": (
            f"{len(trained.rows):,} labelled narratives: {own:,} of the force's own and {len(trained.rows) - own:,} "
            f"synthetic ones. {len(parts.calibration.rows):,} others set the thresholds and "
            f"{len(parts.held.rows):,} more, which neither model has seen, judged."
        ),
        "what_may_it_not_be_used_for": list(NOT_FOR),
    }


def _verdict(outcome: Outcome) -> str:
    if outcome.verdict == "passed":
        return "The gate passed the new model: no rule was broken."
    return "The gate refused the new model. " + " ".join(outcome.reasons)


def _safer(comparisons: Sequence[Compared], champion: str | None) -> str:
    found = [c for c in comparisons if c.measure == "unsafe_flag_rate" and c.stratum == "all"]
    if not found or found[0].challenger is None:
        return "Nobody can say: no held-out call needs the police."
    unsafe = found[0]
    now = f"Of {unsafe.of:,} held-out calls that need the police, the new model flags {unsafe.challenger:.1%}"
    if champion is None or unsafe.interval is None or unsafe.champion is None:
        return f"{now}. There is no present model to compare it with."
    low, high = unsafe.interval
    says = "Yes" if high < 0 else "No, it is less safe" if low > 0 else "No difference can be told from chance"
    return (
        f"{says}. {now}, the present one {unsafe.champion:.1%}; the difference lies between {low:+.1%} and {high:+.1%} "
        "with 95% confidence."
    )


def _worse(outcome: Outcome, champion: str | None) -> list[str]:
    if champion is None:
        return ["There is no present model to be worse than."]
    named = ("by kind of text", "protected")
    found = [f for f in outcome.findings if any(n in f.rule for n in named)]
    worse = [f.words for f in found if f.met is False]
    silent = sorted({f.stratum for f in found if f.met is None})
    words = worse or ["For none of the kinds of text and protected groups that could be judged."]
    if silent:
        words.append(f"Too few calls to say for: {', '.join(silent)}.")
    return words
