"""The small phrase language of the lexicon, and a matcher whose time grows with the text, not with the lexicon.

Elements, separated by spaces: ``word`` · ``word~`` any inflection (same stem) · ``a|b`` alternatives · ``@class``
· ``word?`` optional · ``..`` up to three words between. The first and the last element are never optional or a gap.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import snowballstemmer

from model.errors import LexiconError

LEXICON: Final = Path(__file__).parent / "lexicon"
GAP: Final = 3
_REMEMBERED: Final = 50_000
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


@dataclass(frozen=True, slots=True)
class Phrase:
    """A compiled phrase. ``source`` is how the lexicon writes it; ``label`` is whatever the owner files it under."""

    source: str
    label: str
    elements: tuple[Element, ...]

    @property
    def size(self) -> int:
        """How many words it matches; 0 when that depends on the text."""
        return 0 if any(e.gap or e.optional for e in self.elements) else len(self.elements)

    def match(self, words: Sequence[str], stems: Sequence[str], at: int, end: int, index: int = 0) -> int:
        """The end of the longest match from ``at`` on that stays before ``end``; -1 when there is none. ``index`` is
        for whoever knows already that the elements before it match up to ``at``."""
        elements = self.elements
        while index < len(elements):
            element = elements[index]
            if element.gap:
                following = elements[index + 1]
                # Nearest first: the closest continuation is the one a reader takes.
                for then in range(at, min(at + GAP + 1, end)):
                    if following.optional or words[then] in following.words or stems[then] in following.stems:
                        found = self.match(words, stems, then, end, index + 1)
                        if found >= 0:
                            return found
                return -1
            if at < end and (words[at] in element.words or stems[at] in element.stems):
                if element.optional:
                    found = self.match(words, stems, at + 1, end, index + 1)
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


class _Candidate(NamedTuple):
    """A phrase with what tells soonest that it does not match."""

    phrase: Phrase
    size: int
    last: Element


@dataclass(slots=True)
class _Bucket:
    """The phrases that begin with one word, by what their second word can be; ``open`` when it can be any."""

    open: list[_Candidate] = field(default_factory=list)
    words: dict[str, list[_Candidate]] = field(default_factory=dict)
    stems: dict[str, list[_Candidate]] = field(default_factory=dict)

    def add(self, phrase: Phrase) -> None:
        candidate = _Candidate(phrase, phrase.size, phrase.elements[-1])
        words: set[str] = set()
        stems: set[str] = set()
        for element in phrase.elements[1:]:
            if element.gap:
                break
            words |= element.words
            stems |= element.stems
            if not element.optional:
                for word in words:
                    self.words.setdefault(word, []).append(candidate)
                for word_stem in stems:
                    self.stems.setdefault(word_stem, []).append(candidate)
                return
        self.open.append(candidate)

    def joined(self, other: "_Bucket") -> "_Bucket":
        """The phrases of both, each once."""
        return _Bucket(
            _once(self.open, other.open),
            {k: _once(self.words.get(k, []), other.words.get(k, [])) for k in self.words | other.words},
            {k: _once(self.stems.get(k, []), other.stems.get(k, [])) for k in self.stems | other.stems},
        )

    def candidates(self, word: str, word_stem: str) -> Sequence[_Candidate]:
        """The phrases that may have ``word`` second."""
        by_word, by_stem = self.words.get(word, ()), self.stems.get(word_stem, ())
        if by_word and by_stem:  # a phrase may stand in both
            return [*self.open, *_once(by_word, by_stem)]
        return [*self.open, *by_word, *by_stem]


def _once(some: Sequence[_Candidate], others: Sequence[_Candidate]) -> list[_Candidate]:
    seen = {id(candidate.phrase) for candidate in some}
    return [*some, *(candidate for candidate in others if id(candidate.phrase) not in seen)]


_UNMET: Final = _Bucket()


class PhraseIndex:
    """Phrases by their first two words, so that a word that begins none costs one look-up."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._by_word: dict[str, _Bucket] = {}
        self._by_stem: dict[str, _Bucket] = {}
        for phrase in phrases:
            for word in phrase.elements[0].words:
                self._by_word.setdefault(word, _Bucket()).add(phrase)
            for word_stem in phrase.elements[0].stems:
                self._by_stem.setdefault(word_stem, _Bucket()).add(phrase)
        self._begun: dict[str, _Bucket | None] = {}  # word -> the phrases that it can begin

    def matches(self, words: Sequence[str], stems: Sequence[str], start: int, end: int) -> list[Match]:
        """Every match inside ``words[start:end]``, in order of where it begins. One a phrase and start."""
        found: list[Match] = []
        begun = self._begun
        for at, word in enumerate(words[start:end], start):
            bucket = begun.get(word, _UNMET)
            if bucket is None:
                continue
            if bucket is _UNMET:
                bucket = self._met(word, stems[at])
                if bucket is None:
                    continue
            candidates: Sequence[_Candidate] = bucket.open
            if at + 1 < end and (words[at + 1] in bucket.words or stems[at + 1] in bucket.stems):
                candidates = bucket.candidates(words[at + 1], stems[at + 1])
            for phrase, size, last in candidates:
                if not size:
                    stop = phrase.match(words, stems, at + 1, end, 1)
                elif size < 3:  # its words are what brought it here
                    stop = at + size
                else:
                    stop = at + size
                    # The last word first: it seldom fits, and most are spared the rest.
                    if stop > end or (words[stop - 1] not in last.words and stems[stop - 1] not in last.stems):
                        continue
                    if size > 3:
                        stop = phrase.match(words, stems, at + 2, end, 2)
                if stop > at:
                    found.append(Match(phrase, at, stop))
        return found

    def _met(self, word: str, word_stem: str) -> _Bucket | None:
        if len(self._begun) >= _REMEMBERED:  # flat memory over a long life
            self._begun.clear()
        by_word, by_stem = self._by_word.get(word), self._by_stem.get(word_stem)
        bucket = by_word.joined(by_stem) if by_word and by_stem else by_word or by_stem
        self._begun[word] = bucket
        return bucket


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
