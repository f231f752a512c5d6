"""The small phrase language of the lexicon, and a matcher whose time grows with the text, not with the lexicon.

Elements, separated by spaces: ``word`` · ``word~`` any inflection (same stem) · ``a|b`` alternatives · ``@class``
· ``word?`` optional · ``..`` up to three words between. The first and the last element are never optional or a gap.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import snowballstemmer

from model.errors import LexiconError

LEXICON: Final = Path(__file__).parent / "lexicon"
GAP: Final = 3
_STEMMER = snowballstemmer.stemmer("english")


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The Snowball English stem of a lower-case word."""
    return str(_STEMMER.stemWord(word))


@dataclass(frozen=True, slots=True)
class Element:
    words: frozenset[str]
    stems: frozenset[str]
    optional: bool = False
    gap: bool = False

    def accepts(self, word: str, word_stem: str) -> bool:
        return word in self.words or word_stem in self.stems


@dataclass(frozen=True, slots=True)
class Phrase:
    """A compiled phrase. ``source`` is how the lexicon writes it; ``label`` is whatever the owner files it under."""

    source: str
    label: str
    elements: tuple[Element, ...]

    def match(self, words: Sequence[str], stems: Sequence[str], start: int, end: int) -> int:
        """The end of the longest match that begins at ``start`` and stays before ``end``; -1 when there is none."""
        return self._match(words, stems, start, end, 0)

    def _match(self, words: Sequence[str], stems: Sequence[str], at: int, end: int, index: int) -> int:
        elements = self.elements
        while index < len(elements):
            element = elements[index]
            if element.gap:
                # Nearest first: the closest continuation is the one a reader takes.
                for skip in range(GAP + 1):
                    if at + skip >= end:
                        return -1
                    found = self._match(words, stems, at + skip, end, index + 1)
                    if found >= 0:
                        return found
                return -1
            if at < end and element.accepts(words[at], stems[at]):
                if element.optional:
                    found = self._match(words, stems, at + 1, end, index + 1)
                    if found >= 0:
                        return found
                else:
                    at += 1
            elif not element.optional:
                return -1
            index += 1
        return at


def compile_phrase(source: str, label: str, classes: Mapping[str, Iterable[str]]) -> Phrase:
    """Compile one phrase.

    Raises:
        LexiconError: ``lexicon-invalid``, naming the phrase and what is wrong with it.
    """
    elements = tuple(_element(part, source, classes) for part in source.split())
    if not elements or any(e.gap or e.optional for e in (elements[0], elements[-1])):
        raise LexiconError(
            "lexicon-invalid", f"phrase {source!r}: the first and the last element must be a word, not optional, no gap"
        )
    return Phrase(source, label, elements)


def _element(part: str, source: str, classes: Mapping[str, Iterable[str]]) -> Element:
    if part == "..":
        return Element(frozenset(), frozenset(), gap=True)
    optional = part.endswith("?")
    words: set[str] = set()
    stems: set[str] = set()
    for choice in part.removesuffix("?").split("|"):
        if choice.startswith("@"):
            if choice[1:] not in classes:
                raise LexiconError("lexicon-invalid", f"phrase {source!r}: there is no class {choice!r}")
            words.update(classes[choice[1:]])
        elif choice.endswith("~"):
            stems.add(stem(choice[:-1]))
        elif (choice and choice.islower()) or choice.isdigit() or choice.startswith("<"):
            words.add(choice)
        else:
            raise LexiconError("lexicon-invalid", f"phrase {source!r}: {choice!r} is not a lower-case word")
    return Element(frozenset(words), frozenset(stems), optional=optional)


@dataclass(frozen=True, slots=True)
class Match:
    phrase: Phrase
    start: int
    end: int


@dataclass(slots=True)
class _Bucket:
    """The phrases that begin with one word, by what their second word can be; ``open`` when it can be any."""

    open: list[Phrase] = field(default_factory=list)
    words: dict[str, list[Phrase]] = field(default_factory=dict)
    stems: dict[str, list[Phrase]] = field(default_factory=dict)

    def add(self, phrase: Phrase) -> None:
        words: set[str] = set()
        stems: set[str] = set()
        for element in phrase.elements[1:]:
            if element.gap:
                break
            words |= element.words
            stems |= element.stems
            if not element.optional:
                for word in words:
                    self.words.setdefault(word, []).append(phrase)
                for word_stem in stems:
                    self.stems.setdefault(word_stem, []).append(phrase)
                return
        self.open.append(phrase)

    def candidates(self, word: str, word_stem: str) -> Iterable[Phrase]:
        by_word, by_stem = self.words.get(word, ()), self.stems.get(word_stem, ())
        if by_word and by_stem:  # a phrase may stand in both
            return dict.fromkeys([*self.open, *by_word, *by_stem], None)
        return [*self.open, *by_word, *by_stem]


class PhraseIndex:
    """Phrases by their first two words, so that a word that begins none costs one look-up."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._by_word: dict[str, _Bucket] = defaultdict(_Bucket)
        self._by_stem: dict[str, _Bucket] = defaultdict(_Bucket)
        for phrase in phrases:
            for word in phrase.elements[0].words:
                self._by_word[word].add(phrase)
            for word_stem in phrase.elements[0].stems:
                self._by_stem[word_stem].add(phrase)
        self._by_word.default_factory = self._by_stem.default_factory = None

    def matches(self, words: Sequence[str], stems: Sequence[str], start: int, end: int) -> list[Match]:
        """Every match inside ``words[start:end]``, in order of where it begins. One a phrase and start."""
        found: list[Match] = []
        by_word, by_stem = self._by_word, self._by_stem
        for at in range(start, end):
            word = words[at]
            bucket, stem_bucket = by_word.get(word), by_stem.get(stems[at])
            if bucket is None and stem_bucket is None:
                continue
            then, then_stem = (words[at + 1], stems[at + 1]) if at + 1 < end else ("", "")
            if bucket is not None:
                for phrase in bucket.candidates(then, then_stem):
                    if (stop := phrase.match(words, stems, at, end)) > at:
                        found.append(Match(phrase, at, stop))
            if stem_bucket is not None:
                for phrase in stem_bucket.candidates(then, then_stem):
                    if word not in phrase.elements[0].words and (stop := phrase.match(words, stems, at, end)) > at:
                        found.append(Match(phrase, at, stop))
        return found


def read_toml(path: Path) -> dict[str, Any]:
    """Read a lexicon file.

    Raises:
        LexiconError: ``lexicon-invalid`` with the file's name and the parser's line.
    """
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise LexiconError("lexicon-invalid", f"{path.name}: {error}") from None


def read_classes(lexicon: Path) -> dict[str, list[str]]:
    """The word classes that phrases name as ``@class``."""
    classes: dict[str, list[str]] = read_toml(lexicon / "classes.toml")["classes"]
    return classes
