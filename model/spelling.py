"""Words misspelt or disguised, made plain: ``knfie``, ``kn1fe``, ``kn*fe``, ``k n i f e``, ``aknife``.

A slip of the keyboard, a phone's filter or somebody's caution must not hide a word from the lexicon. Only what is no
word can be read as one: a token that is in none of the lists is taken for the listed word one slip away from it, or
for the two that it runs together.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from spellchecker import SpellChecker

from model.errors import LexiconError
from model.factors import POLICE_FACTORS
from model.phrases import LEXICON, Listed, read_classes, read_tables, stem

COMMON: Final = "common.txt"
"""The file of common words, the commonest first, made by ``python -m training.common``."""

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_SHORTEST, _LONGEST = 4, 20
_LONGEST_RUN: Final = 60
_LETTERS_A_WORD: Final = 3
_SHORTEST_RUN: Final = 3
_DIGITS: Final = str.maketrans("013457@$", "oieastas")
_BRITISH: Final = re.compile("is(?=e|ing|ation)")  # the list is American: "depersonalization"
_STARRED: Final = re.compile(r"[a-z]+\*+[a-z]+")


class Spelling:
    """What tokens that are no words stand for. Where several words are near, the one that names danger is read, then
    one of the lexicon's others, then the commonest."""

    def __init__(self, lexicon: Path = LEXICON) -> None:
        common = _common_words(lexicon / COMMON)
        self._rank = {word: n for n, word in enumerate(dict.fromkeys([*_lexicon_words(lexicon), *common]))}
        self._english = frozenset(SpellChecker(language="en").word_frequency.words())

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(map(stem, self._rank))

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        """The first letters of every word, and of every stem that is a word's."""
        return frozenset(word[:_SHORTEST_RUN] for word in (*self._rank, *self._stems))

    @cached_property
    def _shapes(self) -> Mapping[tuple[str, int], Sequence[str]]:
        """The words by their first letter and their length."""
        shapes: dict[tuple[str, int], list[str]] = {}
        for word in self._rank:
            shapes.setdefault((word[0], len(word)), []).append(word)
        return shapes

    def plain(self, token: str) -> tuple[str, ...]:
        """The word that a token in lower case stands for, or the two; none when it is a word or nothing near is one."""
        word = self._meant(token)
        return (word,) if word else self._run_together(token)

    def _meant(self, token: str) -> str | None:
        if token.isalpha():
            return self._slipped(token)
        if _STARRED.fullmatch(token):
            pattern = re.compile(token.replace("*", "[a-z]"))
            alike = self._shapes.get((token[0], len(token)), ())
            return min(filter(pattern.fullmatch, alike), key=self._rank.__getitem__, default=None)
        decoded = token.translate(_DIGITS)
        return decoded if decoded.isalpha() and any(c.isalpha() for c in token[:2]) and self._is_word(decoded) else None

    def joined(self, letters: Sequence[str]) -> list[tuple[int, int, str]]:
        """The words that single letters in a row spell: ``(first, last + 1, word)``, the longest first come."""
        found, at = [], 0
        while at + _SHORTEST_RUN <= len(letters):
            if "".join(letters[at : at + _SHORTEST_RUN]) not in self._beginnings:  # most letters begin no word
                at += 1
                continue
            ends = range(min(len(letters), at + _LONGEST), at + _SHORTEST_RUN - 1, -1)
            end = next((e for e in ends if self._is_word("".join(letters[at:e]))), None)
            if end is None:
                at += 1
            else:
                found.append((at, end, "".join(letters[at:end])))
                at = end
        return found

    def is_common(self, word: str) -> bool:
        """Whether a word in lower case is one of the lexicon's or a common one."""
        return word in self._rank

    def _is_word(self, word: str) -> bool:
        return word in self._rank or (len(word) >= _SHORTEST and stem(word) in self._stems)

    def is_english(self, word: str) -> bool:
        """Whether a word in lower case is one at all."""
        return self._is_word(word) or word in self._english or _BRITISH.sub("iz", word) in self._english

    def _run_together(self, token: str) -> tuple[str, ...]:
        """The fewest words that the token is, the commonest of as many."""
        if not _SHORTEST < len(token) <= _LONGEST_RUN or not token.isalpha() or self.is_english(token):
            return ()
        best: list[tuple[int, int, tuple[str, ...]] | None] = [(0, 0, ())]
        for end in range(1, len(token) + 1):
            ways = [
                (so_far[0] + 1, max(so_far[1], self._rank[word]), (*so_far[2], word))
                for at in range(max(0, end - _LONGEST), end)
                if (so_far := best[at]) is not None and (word := token[at:end]) in self._rank
            ]
            best.append(min(ways, default=None))
        found = best[-1]
        # Many short words can spell anything.
        return found[2] if found is not None and len(token) >= _LETTERS_A_WORD * found[0] else ()

    def _slipped(self, token: str) -> str | None:
        if not _SHORTEST <= len(token) <= _LONGEST or self.is_english(token):
            return None
        for slips in (_misplaced(token), _mistaken(token)):
            near = (word for word in slips if len(word) >= _SHORTEST and word in self._rank)
            if (word := min(near, key=self._rank.__getitem__, default=None)) is not None:
                return word
        return None


def _common_words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError("lexicon-invalid", f"{path.name}: {error}") from None


def _lexicon_words(lexicon: Path) -> Iterable[str]:
    """The words of the lexicon's phrases, those of danger first."""
    classes = read_classes(lexicon)
    files = sorted((lexicon / "cues").glob("*.toml"), key=lambda path: (path.stem not in POLICE_FACTORS, path.name))
    for path in files:
        for kind in read_tables(path, Listed).values():
            for part in " ".join(kind.phrases).replace("|", " ").split():
                word = part.rstrip("?~")
                yield from filter(str.isalpha, classes.get(word[1:], []) if word.startswith("@") else [word])


def _misplaced(word: str) -> Iterable[str]:
    """The word with a letter more, with one less, or with two changed about (Damerau 1964). The first letter is hardly
    ever the wrong one."""
    for at in range(1, len(word) + 1):
        head, tail = word[:at], word[at:]
        yield from (head + letter + tail for letter in _LETTERS)
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]


def _mistaken(word: str) -> Iterable[str]:
    """The word with another letter in the place of one."""
    return (word[:at] + letter + word[at + 1 :] for at in range(1, len(word)) for letter in _LETTERS)
