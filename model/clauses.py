"""Words, clauses and entries: a text cut where control rooms cut it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from spacy.attrs import IDX, LOWER, SPACY
from spacy.tokens import Doc

from model import entries
from model.names import NAME, Names, shouted
from model.phrases import LEXICON, PhraseIndex, compile_phrases, read_classes, read_shorthand, read_table, stem
from model.reading import Clause, Reading
from model.spelling import Spelling
from model.tokeniser import MASK, NUMBER, TIME, text_of

_LONG_RUN = re.compile(r"(.)\1{2,}")
_HARD_STOPS: Final = frozenset({".", "!", "?", ";", "|", "...", "..", "!!", "??"})
_LONG_CLAUSE: Final = 24
_SHORTEST_CLAUSE: Final = 3
_JOINS: Final = frozenset({"and", "because", "so", "which", "while", "when"})
_REMEMBERED: Final = 50_000
_BETWEEN_LETTERS: Final = frozenset({".", "-", "*", "_"})
_WITHIN: Final = frozenset({",", "'s", ")", "&", "/", NAME})
_LOOKED_AT: Final = [LOWER, SPACY, IDX]
_ADULT: Final = 18
_NUMBER_WORD: Final = ("<num>",)
_NAME_WORD: Final = (NAME,)
_FOUR_DIGITS: Final = 4
_YEARS: Final = range(1950, 2050)
_BEFORE_A_YEAR: Final = frozenset({"in", "since", "from", "of", "until", "till", "during", "before", "early", "late"})
_BEFORE_AN_AGE: Final = frozenset({"male", "female", "aged", "age", "boy", "girl", "lad", "son", "daughter"})

# What a token can be between words, by its looks alone.
_NOTHING, _LETTER, _PAUSE, _SLASH, _DASH, _DOT, _STOP = range(7)


class _Token(NamedTuple):
    """What is known of a token in lower case: the words that it stands for, with their stems and terms; its number, if
    that may be an age or a year; its mark."""

    lower: str
    words: tuple[str, ...]
    stems: tuple[str, ...]
    terms: tuple[str, ...]
    number: int | None
    mark: int


@dataclass(frozen=True, slots=True)
class _Cuts:
    """The table of ``clauses.toml``."""

    breaks: list[str]


class ClauseReader:
    """Component: words with shorthand expanded, clauses, timed entries."""

    def __init__(self, lexicon: Path = LEXICON) -> None:
        shorthand = read_shorthand(lexicon)
        self._shorthand = {short: tuple(words.split()) for short, words in shorthand.items()}
        classes = read_classes(lexicon)
        self._before_a_year = _BEFORE_A_YEAR.union(classes["month"], classes["season"])
        path = lexicon / "clauses.toml"
        breaks = read_table(path, "clauses", _Cuts).breaks
        self._breaks = PhraseIndex(compile_phrases(path, breaks, "break", classes))
        groups = read_table(lexicon / "neutral.toml", "terms", dict[str, list[str]])
        self._spelling = Spelling(lexicon)
        self._neutral: dict[str, str] = {word: term for term, words in groups.items() for word in words}
        self._names = Names(self._spelling, self._shorthand.keys() | self._neutral.keys(), lexicon)
        self._name, self._nothing = self._token(NAME, _NAME_WORD), self._token(NAME, ())
        self._known: dict[int, _Token] = {}  # by spaCy's hash of the lower-case token

    def __call__(self, doc: Doc) -> Doc:
        reading = Reading()
        doc.user_data["signpost"] = reading
        found = entries.stamps(text_of(doc))
        reading.entries = len(found)
        reading.newest = 0 if entries.newest_first(found) else len(found)
        if found and reading.newest == 0:
            reading.newest = 1
        boundaries: dict[int, int] = {0: 0}  # first word of a hard clause -> entry
        self._read_words(doc, found, reading, boundaries)
        self._cut(reading, boundaries)
        return doc

    def _read_words(self, doc: Doc, found: list[entries.Stamp], reading: Reading, boundaries: dict[int, int]) -> None:
        words, stems, terms = reading.words, reading.stems, reading.terms
        tokens, spans = reading.tokens, reading.spans
        numbers: list[tuple[int, int]] = []  # those that may be the age of somebody under 18, or a year
        known = self._known
        entry, next_stamp = 0, found[0].start if found else -1
        skip_until, spaced_before, after_letter = -1, True, False
        # As an array: a spaCy token is made anew each time it is looked at, and that costs more than all the rest.
        placed = doc.to_array(_LOOKED_AT).tolist()
        read = [known.get(code) or self._met(code, doc.vocab.strings[code]) for code, _, _ in placed]
        spelt = self._spelt([token.lower for token in read]) if _letters(read) > 2 else {}
        named = self._named(text_of(doc), placed, read, found)
        for index, ((_, space, start), token) in enumerate(zip(placed, read, strict=True)):
            lower, normal, token_stems, token_terms, number, mark = token
            end = start + len(lower)
            if index in spelt:
                (_, normal, token_stems, token_terms, number, _), last = spelt[index]
                end = placed[last][2] + 1
            elif index in named:
                _, normal, token_stems, token_terms, number, mark = named[index]
            if next_stamp >= 0 and end > next_stamp:
                skip_until = found[entry].end
                entry += 1
                next_stamp = found[entry].start if entry < len(found) else -1
                boundaries[len(words)] = entry
            if start < skip_until:
                pass
            elif normal:
                if number is not None:
                    numbers.append((len(words), number))
                words.extend(normal)
                stems.extend(token_stems)
                terms.extend(token_terms)
                for _ in normal:
                    tokens.append(index)
                    spans.append((start, end))
            elif mark == _PAUSE or (mark == _SLASH and not (spaced_before or space)):
                reading.pauses.add(len(words))
            elif (
                mark == _STOP
                or (mark == _DOT and not after_letter)
                or (mark in (_SLASH, _DASH) and (spaced_before or space))
            ):
                boundaries.setdefault(len(words), entry)
            after_letter = mark == _LETTER
            spaced_before = bool(space) or (mark == _STOP and "\n" in lower)
        for at, number in numbers:
            before = words[at - 1] if at else ""
            if number < _ADULT:
                if words[at + 1 : at + 3] == ["years", "old"] or before in _BEFORE_AN_AGE:
                    words[at] = stems[at] = terms[at] = "<minor>"
            elif before in self._before_a_year:  # anywhere else four digits are a time
                words[at] = stems[at] = terms[at] = "<year>"

    def _met(self, code: int, lower: str) -> "_Token":
        if len(self._known) >= _REMEMBERED:  # a service lives for months: what it remembers must not grow
            self._known.clear()
        known = self._known[code] = self._token(lower, self._normal(lower))
        return known

    def _token(self, lower: str, words: tuple[str, ...]) -> "_Token":
        number = int(lower) if words == _NUMBER_WORD and lower.isdecimal() and len(lower) <= _FOUR_DIGITS else None
        stems = tuple(map(stem, words))
        return _Token(
            lower,
            words,
            stems,
            tuple(self._neutral.get(word) or word_stem for word, word_stem in zip(words, stems, strict=True)),
            number if number is not None and (number < _ADULT or number in _YEARS) else None,
            _mark(lower),
        )

    def _normal(self, lower: str) -> tuple[str, ...]:
        expansion = self._shorthand.get(lower)
        if expansion is not None:
            return expansion
        if MASK.fullmatch(lower):
            return _NAME_WORD
        if TIME.fullmatch(lower):
            return ("<time>",)
        if NUMBER.fullmatch(lower):
            digits = sum(c.isdigit() for c in lower)
            return ("<phone>",) if digits >= 9 else ("<num>",)
        if not any(c.isalnum() for c in lower):
            return ()
        word = _LONG_RUN.sub(r"\1\1", lower.strip("'").removesuffix("'s"))
        expansion = self._shorthand.get(word)
        return expansion if expansion is not None else self._spelling.plain(word) or (word,)

    def _spelt(self, tokens: Sequence[str]) -> dict[int, tuple["_Token", int]]:
        """The words spelt letter by letter: the token that begins one, with the word and its last token; the others in
        it stand for nothing."""
        found: dict[int, tuple[_Token, int]] = {}
        nothing = self._token("", ())
        run: list[int] = []
        for index, token in enumerate([*tokens, ""]):
            if len(token) == 1 and token.isalpha():
                run.append(index)
            elif token not in _BETWEEN_LETTERS:
                for first, end, word in self._spelling.joined([tokens[i] for i in run]) if len(run) > 2 else ():
                    inside = range(run[first], run[end - 1] + 1)
                    found |= {i: (nothing, i) for i in inside}
                    found[run[first]] = self._token(word, self._normal(word)), run[end - 1]
                run = []
        return found

    def _named(
        self, text: str, placed: Sequence[Sequence[int]], read: Sequence["_Token"], stamps: Sequence[entries.Stamp]
    ) -> dict[int, "_Token"]:
        """The tokens that name somebody, and what each stands for: given name and surname are one, named once."""
        found: dict[int, _Token] = {}
        loud = shouted(text)
        before, at_before, gap = "", -1, 1
        for index, ((_, space, start), token) in enumerate(zip(placed, read, strict=True)):
            if text[start].isupper():
                stamped = before[-1:].isalnum() and any(s.start <= at_before < s.end for s in stamps)
                starts = stamped or not (before[-1:].isalnum() or before in _WITHIN)
                if self._names.named(text[start : start + len(token.lower)], token.words, before, starts, loud):
                    found[index] = self._nothing if before == NAME else self._name
            if index in found:
                before = NAME
            elif token.lower != "-" or before != NAME or gap or space:  # "Anne-Marie" is one
                before = token.lower
            at_before, gap = start, space
        return found

    def _cut(self, reading: Reading, boundaries: dict[int, int]) -> None:
        """Hard clauses first, then the lexicon's breaks, then long ones at a pause or a joining word."""
        length = len(reading.words)
        starts = sorted(b for b in boundaries if b < length)
        for start, end in zip(starts, [*starts[1:], length], strict=False):
            entry = boundaries[start]
            cuts = [start]
            for match in self._breaks.matches(reading.words, reading.stems, start, end):
                if match.start - cuts[-1] >= _SHORTEST_CLAUSE:
                    cuts.append(match.start)
            for a, b in zip(cuts, [*cuts[1:], end], strict=True):
                if b - a > _LONG_CLAUSE:
                    reading.clauses.extend(Clause(s, e, entry) for s, e in _shorter(reading, a, b))
                else:
                    reading.clauses.append(Clause(a, b, entry))
        if not reading.clauses:  # no words at all: one empty clause, so that every narrative has one
            reading.clauses.append(Clause(0, 0, 0))


def _mark(lower: str) -> int:
    if len(lower) == 1 and lower.isalpha():
        return _LETTER
    if lower == ",":
        return _PAUSE
    if lower == ".":
        return _DOT
    if lower in _HARD_STOPS or "\n" in lower:
        return _STOP
    if lower == "/":
        return _SLASH
    return _DASH if lower.startswith(("-", "/", ">", "*")) else _NOTHING


def _letters(tokens: Sequence[_Token]) -> int:
    """Single letters. Letter by letter is rare; most texts are spared the look."""
    return sum(token.mark == _LETTER for token in tokens)


def _shorter(reading: Reading, start: int, end: int) -> list[tuple[int, int]]:
    parts, begin = [], start
    for at in range(start + 1, end):
        far_enough = at - begin >= 8 and end - at >= 4
        if far_enough and (at in reading.pauses or reading.words[at] in _JOINS or at - begin >= _LONG_CLAUSE):
            parts.append((begin, at))
            begin = at
    return [*parts, (begin, end)]
