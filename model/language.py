"""The spaCy pipeline for control-room text.

``build`` gives an ordinary ``spacy.Language``; ``register`` makes its components and the ``Doc`` and ``Span``
extensions known to spaCy. Nothing is registered by an import.
"""

from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from model.assertion import AssertionMarker
from model.clauses import ClauseReader
from model.cues import CueFinder, cue_spans
from model.phrases import LEXICON, read_shorthand
from model.reading import clause_spans, reading_of
from model.tokeniser import tokeniser


def build(lexicon: Path = LEXICON) -> Language:
    """A blank English pipeline that reads control-room text.

    Raises:
        LexiconError: ``lexicon-invalid``, naming the file and the entry.
    """
    register()
    nlp = spacy.blank("en")
    shorthand = read_shorthand(lexicon)
    nlp.tokenizer = tokeniser(nlp, shorthand)
    config = {"lexicon": str(lexicon)}
    for name in ("signpost_clauses", "signpost_cues", "signpost_assertion"):
        nlp.add_pipe(name, config=config)
    return nlp


def register() -> None:
    """Make Signpost's components and extensions known to spaCy. Calling it again changes nothing."""
    if not Doc.has_extension("reading"):
        Doc.set_extension("reading", getter=reading_of)
        Doc.set_extension("clauses", getter=clause_spans)
        Doc.set_extension("cues", getter=cue_spans)
        Span.set_extension("assertion", default="present")

    def clauses(nlp: Language, name: str, lexicon: str) -> ClauseReader:
        return ClauseReader(Path(lexicon))

    def cues(nlp: Language, name: str, lexicon: str) -> CueFinder:
        return CueFinder(Path(lexicon))

    def assertion(nlp: Language, name: str, lexicon: str) -> AssertionMarker:
        return AssertionMarker(Path(lexicon))

    default = {"lexicon": str(LEXICON)}
    for name, factory in (
        ("signpost_clauses", clauses),
        ("signpost_cues", cues),
        ("signpost_assertion", assertion),
    ):
        if not Language.has_factory(name):
            Language.factory(name, func=factory, default_config=default)
