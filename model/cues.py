"""Cues: the lexicon's phrases found in a text, by factor and kind."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from spacy.tokens import Doc, Span, SpanGroup

from model.errors import LexiconError
from model.phrases import LEXICON, Listed, Match, Phrase, PhraseIndex, compile_phrases, read_classes, read_tables
from model.reading import Cue, reading_of

FIGURATIVE: Final = "figurative"
"""The kind whose words mean nothing literal: cues of other kinds inside it are not cues ("crazy golf")."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of cue: the file (factor, ``protective`` or ``neutral``) that holds it and what it is about."""

    name: str
    group: str
    about: str
    phrases: tuple[Phrase, ...]


def load_kinds(lexicon: Path = LEXICON) -> dict[str, Kind]:
    """All kinds of cue by name.

    Raises:
        LexiconError: ``lexicon-invalid``, naming the file, the line and the phrase.
    """
    classes = read_classes(lexicon)
    kinds: dict[str, Kind] = {}
    for path in sorted((lexicon / "cues").glob("*.toml")):
        for name, table in read_tables(path, Listed).items():
            if name in kinds:
                raise LexiconError("lexicon-invalid", f"{path.name}: the kind [{name}] stands in two files")
            phrases = tuple(compile_phrases(path, table.phrases, name, classes))
            kinds[name] = Kind(name, path.stem, table.about, phrases)
    return kinds


class CueFinder:
    """Component: finds the cues of each clause: ``doc._.reading.cues``, and as spaCy spans ``doc._.cues``."""

    def __init__(self, lexicon: Path = LEXICON) -> None:
        self._index = PhraseIndex(p for kind in load_kinds(lexicon).values() for p in kind.phrases)

    def __call__(self, doc: Doc) -> Doc:
        reading = reading_of(doc)
        words, stems = reading.words, reading.stems
        for number, clause in enumerate(reading.clauses):
            matches = self._index.matches(words, stems, clause.start, clause.end)
            if matches:
                reading.cues.extend(
                    Cue(m.phrase.label, m.phrase.source, m.start, m.end, number) for m in _strongest(matches)
                )
        return doc


def _strongest(matches: list[Match]) -> list[Match]:
    """Drop what lies inside a longer match of the same kind, and everything literal inside a figure of speech."""
    if len(matches) == 1:
        return matches
    kept: list[Match] = []
    for match in sorted(matches, key=lambda m: (m.start - m.end, m.start, m.phrase.source)):
        if not any(
            other.start <= match.start
            and match.end <= other.end
            and (other.phrase.label == match.phrase.label or other.phrase.label == FIGURATIVE)
            for other in kept
        ):
            kept.append(match)
    return sorted(kept, key=lambda m: (m.start, m.end))


def cue_spans(doc: Doc) -> SpanGroup:
    """The cues as spaCy spans with ``span.label_`` their kind and ``span._.assertion``, for those who work in spaCy."""
    reading = reading_of(doc)
    spans = []
    for cue in reading.cues:
        span = Span(doc, reading.tokens[cue.start], reading.tokens[cue.end - 1] + 1, label=cue.kind)
        span._.assertion = cue.assertion
        spans.append(span)
    return SpanGroup(doc, name="cues", spans=spans)
