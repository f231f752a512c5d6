"""What can be known of all calls, and what cannot, from rows that somebody chose to label."""

from collections.abc import Sequence
from typing import Any

from model.score import Score
from training.intake import Example
from training.parts import Part
from training.trials import share


def estimates(examples: Sequence[Example], held: Part, scores: Sequence[Score]) -> dict[str, Any]:
    """Recall and missed danger on blind-drawn rows alone, in figures and in words.

    A reviewer's queue shows mostly what the model flags or doubts. So labels from it say how often a flag is right,
    but not what was passed wrongly: nobody looked. Rows drawn at random and labelled before any score was shown do.

    Args:
        examples: all of the force's rows.
        held: the rows that judge.
        scores: of the held-out rows by the new model.
    """
    shown = sum(example.blind is False for example in examples)
    blind = [(row, score) for row, score, drawn in zip(held.rows, scores, held.blind, strict=True) if drawn]
    facts: dict[str, Any] = {
        "labelled_because_shown": shown,
        "blind_rows": sum(example.blind is True for example in examples),
        "blind_rows_held_out": len(blind),
        "two_readers_or_more": sum((example.readers or 0) > 1 for example in examples),
        "prevalence": share(row.mental_health_only for row, _ in blind),
        "recall": share(score.decision == "flag" for row, score in blind if row.mental_health_only),
        "missed_danger": share(score.decision == "flag" for row, score in blind if row.needs_police),
    }
    return {**facts, "words": _words(facts, len(examples))}


def _words(facts: dict[str, Any], rows: int) -> list[str]:
    blind, shown = facts["blind_rows_held_out"], facts["labelled_because_shown"]
    if not blind:
        known = (
            f"{shown:,} rows were labelled because they were shown for review; only what was shown was labelled. "
            if shown
            else f"Nothing says how the {rows:,} rows came to be labelled. "
        )
        return [
            known + "Without blind-drawn rows nobody can say what share of all calls is mental health only, what share "
            "of those the model finds, or how much danger it passes over. Draw some calls at random and label them "
            "before any score is shown."
        ]
    words = [
        f"Estimated from {blind:,} held-out rows that were drawn blind, and from those only: they stand for all calls, "
        "the others only for what was shown."
    ]
    for name, what in (
        ("prevalence", "of calls are mental health only"),
        ("recall", "of mental-health-only calls are flagged"),
        ("missed_danger", "of calls that need the police are flagged"),
    ):
        found = facts[name]
        if found["share"] is None:
            words.append(f"What share {what} cannot be said: no blind row tells.")
        else:
            low, high = found["interval"]
            words.append(f"{found['share']:.1%} {what} ({low:.1%} to {high:.1%}, of {found['number']:,}).")
    return words
