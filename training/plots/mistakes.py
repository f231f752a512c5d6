"""The errors themselves, as cards with the words that weighed most."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader

from training.evidence.mistakes import Mistake

_TEMPLATES: Final = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)
_WORDS: Final = {
    "unsafe": ("Unsafe flag", "#D55E00"),
    "needless": ("Needless flag", "#E69F00"),
    "missed": ("Passed over", "#0072B2"),
}
_SHADES: Final = {
    "mental_health": "#BFE0F2", "immediate_risk": "#F7C9AE", "crime": "#F5DFA6", "police_duty": "#E6CBDD",
}  # fmt: skip


def cards(mistakes: Sequence[Mistake], shown: bool) -> str:
    """HTML, one card a mistake. ``shown``: with the narrative; without it, ids and weights alone. Words for a factor
    are underlined solid, words against it dotted."""
    return _TEMPLATES.get_template("mistakes.html.j2").render(
        mistakes=[_card(m, shown) for m in mistakes], shades=_SHADES
    )


def _card(mistake: Mistake, shown: bool) -> dict[str, Any]:
    row, score = mistake.row, mistake.score
    words, colour = _WORDS[mistake.kind]
    named = [factor.replace("_", " ") for factor, holds in row.labels().items() if holds]
    return {
        "id": row.id,
        "words": words,
        "colour": colour,
        "confidence": f"{score.confidence:.2f}",
        "interval": f"{score.interval[0]:.2f} to {score.interval[1]:.2f}",
        "labels": ", ".join(named) or "none of the four",
        "style": row.style.replace("_", " "),
        "family": row.family,
        "difficulty": row.difficulty,
        "parts": _parts(mistake) if shown else [],
        "weights": "; ".join(f"{f.replace('_', ' ')} {p:.2f}" for f, p in score.factors.items()),
    }


def _parts(mistake: Mistake) -> list[dict[str, Any]]:
    text = mistake.row.text
    # Where reasons overlap, the heaviest is shown.
    owner: list[Any] = [None] * len(text)
    for reason in sorted(mistake.score.reasons, key=lambda r: abs(r.weight)):
        owner[reason.start : reason.end] = [reason] * (reason.end - reason.start)
    parts: list[dict[str, Any]] = []
    at = 0
    for end in [*(i for i in range(1, len(text)) if owner[i] is not owner[i - 1]), len(text)]:
        reason = owner[at]
        parts.append(
            {"text": text[at:end], "factor": None}
            if reason is None
            else {
                "text": text[at:end],
                "factor": reason.factor,
                "colour": _SHADES[reason.factor],
                "line": "solid" if reason.weight > 0 else "dotted",
                "title": f"{reason.factor} {reason.weight:+.2f}, {reason.assertion}",
            }
        )
        at = end
    return parts
