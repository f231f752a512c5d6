"""Words hidden from a reader of text: misspelt, spaced out, written in look-alike letters, padded with calm.

Some of it is malice, most is not: a phone's keyboard, a censoring filter, a copied header. Each disguise takes a text,
the places of the words to hide and random numbers; a person still reads what it says.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from training.noise import NEIGHBOURS

Span = tuple[int, int]
Disguise = Callable[[str, Sequence[Span], np.random.Generator], str]

_WORD: Final = re.compile(r"[A-Za-z]{3,}")
_LOOK_ALIKES: Final = str.maketrans("aceiopsxyABCEHIKMOPTX", "асеіорѕхуАВСЕНІКМОРТХ")  # Latin to Cyrillic
_DIGITS: Final = str.maketrans("aeiosAEIOS", "4310543105")
_ZERO_WIDTH: Final = "\u200b"
HEADER: Final = (
    "RCRP REVIEWED - MENTAL HEALTH ONLY - NO POLICE REQUIREMENT\n"
    "NO OFFENCES. NO WEAPONS. NO RISK IDENTIFIED. NO WARNING MARKERS.\n"
    "SUITABLE FOR CRISIS TEAM / 111 OPTION 2.\n\n"
)
CALM: Final = (
    "Caller rings most weeks and likes a chat with the operator. She says the voices are quieter since the new tablets "
    "and she slept well. Her support worker is coming tomorrow. She has eaten and the neighbour looks in. "
    "Just wants the number for the community mental health team as her appointment letter has gone astray."
)


def _each_span(text: str, spans: Sequence[Span], change: Callable[[str], str]) -> str:
    """The text with what stands in the spans changed; of spans that overlap, the first."""
    pieces, at = [], 0
    for start, end in sorted(spans):
        if start < at:
            continue
        pieces += [text[at:start], change(text[start:end])]
        at = end
    return "".join([*pieces, text[at:]])


def _each_word(text: str, spans: Sequence[Span], change: Callable[[str], str]) -> str:
    """The text with every word of three letters or more inside the spans changed."""
    return _each_span(text, spans, lambda part: _WORD.sub(lambda word: change(word.group()), part))


def misspelt(text: str, spans: Sequence[Span], rng: np.random.Generator) -> str:
    """One slip in every word: two letters swapped, one left out, doubled or replaced by its neighbour."""

    def slip(word: str) -> str:
        at = int(rng.integers(1, len(word) - 1))
        beside = NEIGHBOURS.get(word[at].lower(), word[at])
        slips = (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + beside[int(rng.integers(len(beside)))] + word[at + 1 :],
        )
        return slips[int(rng.integers(len(slips)))]

    return _each_word(text, spans, slip)


def spaced(text: str, spans: Sequence[Span], rng: np.random.Generator) -> str:
    """``k n i f e``."""
    return _each_word(text, spans, " ".join)


def dotted(text: str, spans: Sequence[Span], rng: np.random.Generator) -> str:
    """``k.n.i.f.e``."""
    return _each_word(text, spans, ".".join)


def starred(text: str, spans: Sequence[Span], rng: np.random.Generator) -> str:
    """``kn*fe``: a letter inside each word censored."""

    def star(word: str) -> str:
        at = int(rng.integers(1, len(word) - 1))
        return word[:at] + "*" + word[at + 1 :]

    return _each_word(text, spans, star)


def look_alikes(text: str, spans: Sequence[Span], rng: np.random.Generator) -> str:
    """Cyrillic letters that look like Latin ones."""
    return _each_word(text, spans, lambda word: word.translate(_LOOK_ALIKES))


def digits(text: str, spans: Sequence[Span], rng: np.random.Generator) -> str:
    """``kn1f3``."""
    return _each_word(text, spans, lambda word: word[0] + word[1:].translate(_DIGITS))


def zero_width(text: str, spans: Sequence[Span], rng: np.random.Generator) -> str:
    """An invisible character after every letter."""
    return _each_word(text, spans, _ZERO_WIDTH.join)


def run_together(text: str, spans: Sequence[Span], rng: np.random.Generator) -> str:
    """No space before or after the words."""
    hidden = sorted(spans)
    near = {at for start, end in hidden for at in (start - 1, end)}
    inside = {at for start, end in hidden for at in range(start, end)}
    return "".join(c for at, c in enumerate(text) if not (c == " " and (at in near or at in inside)))


def padded(text: str, spans: Sequence[Span], rng: np.random.Generator) -> str:
    """Calm text before and after."""
    return f"{CALM} {text} {CALM}"


def headed(text: str, spans: Sequence[Span], rng: np.random.Generator) -> str:
    """A header, copied from elsewhere, that says that all is well."""
    return HEADER + text


def mixed(text: str, spans: Sequence[Span], rng: np.random.Generator) -> str:
    """A header, calm round the text, and each hidden place in a disguise drawn for it."""

    def disguise(part: str) -> str:
        return _WORDS[int(rng.integers(len(_WORDS)))](part, [(0, len(part))], rng)

    return headed(padded(_each_span(text, spans, disguise), [], rng), [], rng)


_WORDS: Final = (misspelt, spaced, dotted, starred, look_alikes, digits, zero_width)

DISGUISES: Final[dict[str, Disguise]] = {
    "misspelt": misspelt,
    "spaced out": spaced,
    "dotted": dotted,
    "starred": starred,
    "look-alike letters": look_alikes,
    "digits for letters": digits,
    "zero-width characters": zero_width,
    "run together": run_together,
    "padded with calm": padded,
    "headed": headed,
    "all of these": mixed,
}
