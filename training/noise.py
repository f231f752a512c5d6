"""Text as hurried people type it: slips of the keyboard, lost punctuation, capitals, shorthand. Deterministic by seed.

Narratives of a corpus are tidier than a control room's. These changes keep what a narrative says, so a decision must
survive them: the invariance tests of CheckList (Ribeiro et al. 2020).
"""

import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np

from model.narrative import LONGEST
from model.phrases import LEXICON, read_toml

RATE: Final = 0.0117
"""Share of keystrokes left wrong: 1.17% in the study of 168,000 typists by Dhakal et al. (2018), "Observations on
typing from 136 million keystrokes"."""

SHORTENED: Final = 0.5
"""Share of the words with a shorthand that are written in it; nobody shortens every word."""

_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_MARKS = re.compile(r"(?<!\d)[.,;:!?]|[.,;:!?](?!\d)")  # those inside a time or a number hold it together
_APOSTROPHES = re.compile(r"(?<=\w)['’](?=\w)")

Noise = Callable[[str, np.random.Generator], str]


def _neighbours() -> dict[str, str]:
    beside: defaultdict[str, str] = defaultdict(str)
    columns = [(a, b) for row in _ROWS for a, b in pairwise(row)]
    # Each lower row is shifted right by less than a key, so a key touches two keys of the row above it.
    slants = [(a, b) for up, low in pairwise(_ROWS) for i, b in enumerate(low) for a in up[i : i + 2]]
    for a, b in (*columns, *slants):
        beside[a] += b
        beside[b] += a
    return dict(beside)


NEIGHBOURS: Final = _neighbours()
"""The letter keys that touch a key on a British keyboard."""


def _strike(text: str, rng: np.random.Generator, where: Sequence[int], change: Callable[[str], str]) -> str:
    if not where:
        return text
    number = min(len(where), max(1, round(RATE * len(text))))
    struck = {int(i) for i in rng.choice(where, number, replace=False)}
    return "".join(change(c) if i in struck else c for i, c in enumerate(text))


def _letters(text: str) -> list[int]:
    return [i for i, c in enumerate(text) if c.lower() in NEIGHBOURS]


def slips(text: str, rng: np.random.Generator) -> str:
    """Letters replaced by a neighbouring key."""

    def slip(letter: str) -> str:
        beside = NEIGHBOURS[letter.lower()]
        wrong = beside[int(rng.integers(len(beside)))]
        return wrong.upper() if letter.isupper() else wrong

    return _strike(text, rng, _letters(text), slip)


def dropped_letters(text: str, rng: np.random.Generator) -> str:
    """Letters left out."""
    return _strike(text, rng, _letters(text), lambda _: "")


def doubled_letters(text: str, rng: np.random.Generator) -> str:
    """Letters typed twice."""
    return _strike(text, rng, _letters(text), lambda letter: letter * 2)


def dropped_spaces(text: str, rng: np.random.Generator) -> str:
    """Words run together."""
    return _strike(text, rng, [i for i, c in enumerate(text) if c == " "], lambda _: "")


def no_punctuation(text: str, rng: np.random.Generator) -> str:
    """No mark between sentences or clauses: who leaves one out leaves them all out."""
    return _MARKS.sub("", text)


def no_apostrophes(text: str, rng: np.random.Generator) -> str:
    """``didnt``, ``hes``."""
    return _APOSTROPHES.sub("", text)


def capitals(text: str, rng: np.random.Generator) -> str:
    """Caps lock."""
    return text.upper()


def lower_case(text: str, rng: np.random.Generator) -> str:
    """No shift key."""
    return text.lower()


def shorthand(text: str, rng: np.random.Generator) -> str:
    """Words written in the shorthand that the lexicon knows for them.

    So it shows that expansion works wherever the words stand, not that shorthand outside the lexicon is understood.
    """
    pattern, forms = _reversed_shorthand()

    def shorten(match: re.Match[str]) -> str:
        if rng.random() >= SHORTENED:
            return match.group()
        written = forms[match.group().lower()]
        short = written[int(rng.integers(len(written)))]
        return short.upper() if match.group().isupper() else short

    return pattern.sub(shorten, text)


@lru_cache(maxsize=1)
def _reversed_shorthand() -> tuple[re.Pattern[str], dict[str, list[str]]]:
    forms: defaultdict[str, list[str]] = defaultdict(list)
    for short, words in read_toml(LEXICON / "shorthand.toml")["shorthand"].items():
        forms[words].append(short)
    longest_first = sorted(forms, key=lambda words: (-len(words), words))
    alternatives = "|".join(map(re.escape, longest_first))
    return re.compile(rf"(?<![\w'’])(?:{alternatives})(?![\w'’])", re.IGNORECASE), dict(forms)


TYPING: Final[dict[str, Noise]] = {
    "adjacent-key slips": slips,
    "dropped letters": dropped_letters,
    "doubled letters": doubled_letters,
    "dropped spaces": dropped_spaces,
    "no punctuation": no_punctuation,
    "no apostrophes": no_apostrophes,
    "all capitals": capitals,
    "all lower case": lower_case,
}
SHORTHAND: Final[dict[str, Noise]] = {"shorthand": shorthand}


def generator(seed: int, *names: str) -> np.random.Generator:
    """Random numbers that depend on the seed and the names alone, not on what else was altered before."""
    return np.random.default_rng([seed, zlib.crc32("\n".join(names).encode())])


def noisy(text: str, noise: Noise, rng: np.random.Generator) -> str | None:
    """The text with noise, or ``None`` when it stays as it was or is no longer fit to score."""
    altered = noise(text, rng)
    return altered if altered != text and altered.strip() and len(altered) <= LONGEST else None
