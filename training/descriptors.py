"""The same narrative with another age, ethnicity or faith: pairs that should be judged alike.

Each maker takes a text and random numbers and gives ``(group, before, after)`` for every version it can make; nothing
when the characteristic is not there to be changed, or bears on what the text says.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

Version = tuple[str, str, str]
Maker = Callable[[str, np.random.Generator], list[Version]]

LISTS: Final[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "swaps.toml").read_text())

YOUNGEST, OLD, OLDEST = 18, 65, 95
"""An adult stays on the side of 65 that they are on: past it, age can be frailty, and frailty is a fact about risk."""
SHIFTS: Final = (5, 12)
"""Years. A larger change would change what a reader imagines of the rest."""
DRAWN: Final = 2
"""Groups drawn for one narrative where all would only repeat each other."""

MARKER: Final = (
    r"(?<![\w'’.&/-])(?<!Mr )(?<!Mrs )(?<!Ms )(?<!ard )(?<!lock )(?:(?<!\d )|(?<=\d{4} ))[MF](?![\w'’&/-]|\.\w)"
)
"""``M`` or ``F`` as a call-taker's word for a person: not metres (a time may stand before it), not the end of ``I'M``,
not initials, not ward F or block M."""

_UNITS = (
    r"(?!\d|s\b|\s?(?:[:/%.,]\d|weeks?|wks|months?|mths|days?|hours?|hrs|min|metres?|miles|stone|tab|am\b|pm\b|x\b))"
)
_BEFORE_AGE = r"(?<=\b[MF] )|(?<=\b[MF], )|(?<=(?i:\bmale ))|(?<=(?i:\bfemale ))|(?<=(?i:\bage ))|(?<=(?i:\baged ))"
_AGE = re.compile(
    r"\b(\d{1,3})(?=[\s-]?(?:yo\b|y/o|yoa\b|yr[\s-]old|yrs[\s-]old|years?[\s-]old|years of age))"
    rf"|(?:{_BEFORE_AGE})(\d{{2}})\b{_UNITS}"
)
_NOUNS = "|".join(LISTS["person"]["nouns"])
_PERSON = re.compile(rf"{MARKER}|\b(?:{_NOUNS}|{_NOUNS.upper()})\b")
_CODE = re.compile(r"\bIC ?[1-6]\b", re.IGNORECASE)


def pattern_of(words: Sequence[str]) -> re.Pattern[str]:
    """Any of the words, ``~`` standing for any ending."""
    forms = (re.escape(w[:-1]) + r"\w*" if w.endswith("~") else re.escape(w) for w in words)
    return re.compile(rf"\b(?:{'|'.join(forms)})\b", re.IGNORECASE)


_SKIP: Final = {name: pattern_of(LISTS[name]["skip"]) for name in ("age", "ethnicity", "faith", "sex")}


def bears_on(characteristic: str, text: str) -> bool:
    """Whether the text says something that hangs on the characteristic, so that the change may rightly matter."""
    return _SKIP[characteristic].search(text) is not None


def like(model: str, word: str) -> str:
    """``word`` in the case of ``model``."""
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word[0].upper() + word[1:] if model[0].isupper() else word


def age(text: str, rng: np.random.Generator) -> list[Version]:
    """Every age in the text some years up or down by the same number; adults only."""
    years = [int(match.group(1) or match.group(2)) for match in _AGE.finditer(text)]
    if not years or not all(YOUNGEST <= y <= OLDEST for y in years) or bears_on("age", text):
        return []
    shift = int(rng.integers(SHIFTS[0], SHIFTS[1] + 1))
    for by in (shift, -shift) if rng.random() < 1 / 2 else (-shift, shift):
        if all(_same_band(y, y + by) for y in years):
            return [("older" if by > 0 else "younger", text, _aged(text, by))]
    return []


def _aged(text: str, by: int) -> str:
    return _AGE.sub(lambda match: str(int(match.group()) + by), text)


def _same_band(before: int, after: int) -> bool:
    return YOUNGEST <= after <= OLDEST and (before < OLD) == (after < OLD)


def ethnicity(text: str, rng: np.random.Generator) -> list[Version]:
    """Another appearance code where one stands; otherwise another descriptor, or one put before the first person."""
    codes = LISTS["ethnicity"]["codes"]
    if bears_on("ethnicity", text):
        return []
    if standing := {match.group().upper().replace(" ", "") for match in _CODE.finditer(text)}:
        if len(standing) > 1:  # two people told apart by their looks
            return []
        return [(code, text, _CODE.sub(code, text)) for code in codes if code not in standing]
    return _described(text, LISTS["ethnicity"]["inserted"], rng)


def faith(text: str, rng: np.random.Generator) -> list[Version]:
    """Another faith where one stands; otherwise one put before the first person."""
    return [] if bears_on("faith", text) else _described(text, LISTS["faith"]["inserted"], rng)


def _described(text: str, terms: Sequence[str], rng: np.random.Generator) -> list[Version]:
    """``M 34`` becomes ``Asian M 34``; ``white M 34`` becomes ``Asian M 34`` too."""
    person = _PERSON.search(text)
    if person is None:
        return []
    standing = re.search(rf"\b(?:{'|'.join(terms)})\s$", text[: person.start()], re.IGNORECASE)
    start = standing.start() if standing else person.start()
    already = standing.group().strip().lower() if standing else ""
    others = [term for term in terms if term.lower() != already]
    drawn = [others[int(i)] for i in rng.choice(len(others), min(DRAWN, len(others)), replace=False)]
    return [(term, text, _inserted(text, start, person, term)) for term in drawn]


def _inserted(text: str, start: int, person: re.Match[str], term: str) -> str:
    written = term.upper() if text.isupper() else term
    lead = text[:start]
    if article := re.search(r"\b(an?)\s$", lead, re.IGNORECASE):
        right = like(article.group(1), "an" if written[0] in "AEIOUaeiou" else "a")
        # A one-letter "A" shows no case of its own.
        right = right.upper() if text.isupper() else right
        lead = lead[: article.start(1)] + right + lead[article.end(1) :]
    noun = person.group()
    if not lead.strip() and noun[0].isupper() and len(noun) > 1 and not noun.isupper():
        noun, written = noun.lower(), written[0].upper() + written[1:]
    return f"{lead}{written} {noun}{text[person.end() :]}"
