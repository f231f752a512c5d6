"""What the pipeline found in a text, as plain lists: the way in for features and reasons."""

from dataclasses import dataclass, field

from spacy.tokens import Doc, Span


@dataclass(frozen=True, slots=True)
class Clause:
    """``words[start:end]`` of a reading, in the entry of that number (0 when the text is no log)."""

    start: int
    end: int
    entry: int


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase of the lexicon found at ``words[start:end]``, in a clause, with its assertion."""

    kind: str
    phrase: str
    start: int
    end: int
    clause: int
    assertion: str = "present"


@dataclass(slots=True)
class Reading:
    """What the components found in a ``Doc``, as plain lists: the fast way in for features.

    A *word* is a token after normalisation; shorthand can stand for several words, punctuation for none.
    ``terms`` are the stems with words of sex, ethnicity and faith made neutral: what may be counted.
    ``tokens[i]`` is the token of word ``i`` and ``spans[i]`` its characters; ``pauses`` holds the words before which
    a comma stands; ``entries`` counts the timed entries (0 when the text is no log) and ``newest`` is the number of
    the newest.
    """

    words: list[str] = field(default_factory=list)
    stems: list[str] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    pauses: set[int] = field(default_factory=set)
    clauses: list[Clause] = field(default_factory=list)
    entries: int = 0
    newest: int = 0
    cues: list[Cue] = field(default_factory=list)
    assertions: list[str] = field(default_factory=list)

    @property
    def clause_starts(self) -> set[int]:
        """The words that begin a clause."""
        return {clause.start for clause in self.clauses}


def reading_of(doc: Doc) -> Reading:
    """The reading that the components keep with the document."""
    reading: Reading = doc.user_data["signpost"]
    return reading


def clause_spans(doc: Doc) -> list[Span]:
    """The clauses as spaCy spans, for those who work in spaCy."""
    reading = reading_of(doc)
    return [doc[reading.tokens[c.start] : reading.tokens[c.end - 1] + 1] for c in reading.clauses if c.end > c.start]
