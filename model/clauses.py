"""Words, clauses and entries: a text cut where control rooms cut it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from spacy.attrs import IDX, LOWER, SPACY
from spacy.tokens import Doc

from model import entries
from model.names import NAME, Names, shouted
from model.phrases import LEXICON, PhraseIndex, compile_phrase, read_classes, read_toml, stem
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
_YEARS: Final = range(1950, 2050)
_BEFORE_A_YEAR: Final = frozenset({"in", "since", "from", "of", "until", "till", "during", "before", "early", "late"})
_BEFORE_AN_AGE: Final = frozenset({"male", "female", "aged", "age", "boy", "girl", "lad", "son", "daughter"})


class ClauseReader:
    """Component: words with shorthand expanded, clauses, timed entries."""

    def __init__(self, lexicon: Path = LEXICON) -> None:
        self._shorthand = {k: tuple(v.split()) for k, v in read_toml(lexicon / "shorthand.toml")["shorthand"].items()}
        classes = read_classes(lexicon)
        self._before_a_year = _BEFORE_A_YEAR.union(classes["month"], classes["season"])
        breaks = read_toml(lexicon / "clauses.toml")["clauses"]["breaks"]
        self._breaks = PhraseIndex(compile_phrase(p, "break", classes) for p in breaks)
        groups = read_toml(lexicon / "neutral.toml")["terms"]
        self._spelling = Spelling(lexicon)
        self._neutral: dict[str, str] = {word: term for term, words in groups.items() for word in words}
        self._names = Names(self._spelling, self._shorthand.keys() | self._neutral.keys(), lexicon)
        self._known: dict[int, tuple[str, tuple[str, ...]]] = {}  # by spaCy's hash of the lower-case token

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
        words, tokens = reading.words, reading.tokens
        numbers: list[tuple[int, int]] = []  # those that may be the age of somebody under 18, or a year
        known = self._known
        text = text_of(doc)
        loud = shouted(text)
        entry, next_stamp = 0, found[0].start if found else -1
        skip_until, spaced_before, previous = -1, True, ""
        # As an array: a spaCy token is made anew each time it is looked at, and that costs more than all the rest.
        placed = doc.to_array(_LOOKED_AT).tolist()
        read = [known.get(code) or self._met(code, doc.vocab.strings[code]) for code, _, _ in placed]
        # Letter by letter is rare; most texts are spared the look.
        letters = sum(len(lower) == 1 and lower.isalpha() for lower, _ in read)
        spelt = self._spelt([lower for lower, _ in read]) if letters > 2 else {}
        for index, (_, space, start) in enumerate(placed):
            lower, normal = read[index]
            end = start + len(lower)
            if index in spelt:
                normal, last = spelt[index]
                end = placed[last][2] + 1
            if next_stamp >= 0 and end > next_stamp:
                skip_until = found[entry].end
                entry += 1
                next_stamp = found[entry].start if entry < len(found) else -1
                boundaries[len(words)] = entry
            if start < skip_until:
                spaced_before, previous = bool(space), lower
                continue
            if text[start].isupper():
                starts = len(words) in boundaries or not _goes_on(previous)
                if self._names.named(text[start:end], normal, previous, starts, loud):
                    # Given name and surname are one person, who is named once.
                    normal, lower = () if previous == NAME else _NAME_WORD, NAME
            if normal:
                if normal == _NUMBER_WORD and lower.isdecimal() and (int(lower) < _ADULT or int(lower) in _YEARS):
                    numbers.append((len(words), int(lower)))
                words.extend(normal)
                tokens.extend([index] * len(normal))
                reading.spans.extend([(start, end)] * len(normal))
            elif lower == "," or (lower == "/" and not (spaced_before or space)):
                reading.pauses.add(len(words))
            elif (
                (lower in _HARD_STOPS and not (lower == "." and len(previous) == 1 and previous.isalpha()))
                or "\n" in lower
                or (lower.startswith(("-", "/", ">", "*")) and (spaced_before or space))
            ):
                boundaries.setdefault(len(words), entry)
            if lower != "-" or previous != NAME or spaced_before or space:  # the second half of "Anne-Marie" is no word
                previous = lower
            spaced_before = bool(space) or "\n" in lower
        for at, number in numbers:
            before = words[at - 1] if at else ""
            if number < _ADULT:
                if words[at + 1 : at + 3] == ["years", "old"] or before in _BEFORE_AN_AGE:
                    words[at] = "<minor>"
            elif before in self._before_a_year:  # anywhere else four digits are a time
                words[at] = "<year>"
        reading.stems = [stem(w) for w in words]
        neutral = self._neutral
        reading.terms = [neutral.get(w) or s for w, s in zip(words, reading.stems, strict=True)]

    def _met(self, code: int, lower: str) -> tuple[str, tuple[str, ...]]:
        if len(self._known) >= _REMEMBERED:  # a service lives for months: what it remembers must not grow
            self._known.clear()
        known = self._known[code] = (lower, self._normal(lower))
        return known

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

    def _spelt(self, tokens: Sequence[str]) -> dict[int, tuple[tuple[str, ...], int]]:
        """The words spelt letter by letter: the token that begins one, with the word and its last token; the others in
        it stand for nothing."""
        found: dict[int, tuple[tuple[str, ...], int]] = {}
        run: list[int] = []
        for index, token in enumerate([*tokens, ""]):
            if len(token) == 1 and token.isalpha():
                run.append(index)
            elif token not in _BETWEEN_LETTERS:
                for first, end, word in self._spelling.joined([tokens[i] for i in run]) if len(run) > 2 else ():
                    inside = range(run[first], run[end - 1] + 1)
                    found |= {i: ((), i) for i in inside} | {run[first]: (self._normal(word), run[end - 1])}
                run = []
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


def _shorter(reading: Reading, start: int, end: int) -> list[tuple[int, int]]:
    parts, begin = [], start
    for at in range(start + 1, end):
        far_enough = at - begin >= 8 and end - at >= 4
        if far_enough and (at in reading.pauses or reading.words[at] in _JOINS or at - begin >= _LONG_CLAUSE):
            parts.append((begin, at))
            begin = at
    return [*parts, (begin, end)]


def _goes_on(before: str) -> bool:
    """Whether the token before it leaves a word in the middle of a sentence."""
    return before[-1:].isalnum() or before in _WITHIN
