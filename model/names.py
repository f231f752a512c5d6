"""Which words name somebody. They are read as ``<name>``, like the masks of control rooms, whoever is meant.

A name must count for nothing: neither by its letters nor, since most names are in no list of words, as a slip of the
word nearest to it ("Marek" is no "mark", "Petrov" no "petrol").
"""

import re
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Final

from model.phrases import LEXICON, read_table
from model.spelling import Spelling

NAME: Final = "<name>"

_CIVIL: Final = frozenset({"mr", "mrs"})
_TITLES: Final = frozenset({"miss", "ms", "dr", "pc", "pcso", "dc", "ds", "sgt", "insp", "sister", "nurse"})
_SHAPE: Final = re.compile(r"(?:Mc|O')?[A-ZÀ-Þ][a-zß-ÿ]+")
"""``Marek``, ``McCarthy`` and ``O'Brien``, but not ``CMHT`` or ``I've``."""
_SHORTEST: Final = 3
_CAPITALS: Final = 5
"""Where capitals are more than one in so many small letters, they say nothing."""


class Names:
    """Told by a capital where none is due, by a title or a name before them, or by a list of given names.

    A common word or one of the lexicon is a name only behind Mr or Mrs, and what may be a slip of one only behind a
    title or a name: danger is not hidden by a capital.

    Args:
        spelling: which words there are.
        others: further words that are no names: shorthand, neutral words.
        lexicon: the folder with ``names.toml``.
    """

    def __init__(self, spelling: Spelling, others: Container[str], lexicon: Path = LEXICON) -> None:
        lists = read_table(lexicon / "names.toml", "given", dict[str, str])
        self._given = frozenset(name for names in lists.values() for name in names.split())
        self._spelling = spelling
        self._others = others

    def named(self, form: str, normal: Sequence[str], before: str, starts: bool, shouted: bool) -> bool:
        """Whether a token names somebody.

        Args:
            form: as typed, beginning with a capital.
            normal: what it would be read as.
            before: the token before it, in lower case; ``<name>`` if that is one.
            starts: whether it begins a sentence, where a capital says nothing.
            shouted: whether no capital of the text says anything.
        """
        word = form.lower().removesuffix("'s")
        if word in self._given:
            return True
        if (len(word) < _SHORTEST and before != NAME) or not (word[:1] + word[1:].removeprefix("'")).isalpha():
            return False
        if before in _CIVIL:
            return True
        if shouted or not _SHAPE.fullmatch(form):
            return False
        if before == NAME and word in self._others:  # "Zhang Min" is no minute
            return True
        if self._spelling.is_common(word):
            return False
        if before == NAME:
            return True
        if word in self._others:
            return False
        return before in _TITLES or (tuple(normal) == (word,) and not (starts and self._spelling.is_english(word)))


def shouted(text: str) -> bool:
    """Whether a text has so many capitals that none of them says anything."""
    return sum(map(str.isupper, text)) * _CAPITALS > sum(map(str.islower, text))
