"""spaCy's tokeniser, with rules for the way control rooms type."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex

_PREFIXES = [r"[\"'(\[{<*#~.,;:!?\-/&+=|>]"]
_SUFFIXES = [r"[\"')\]}>*#~.,;:!?\-/&+=|<]", r"(?<=\w)'[sS]"]
_INFIXES = [
    r"[,;!?()\[\]{}\"<>=+*~|/\\&]",
    r"\.{2,}",
    r"(?<=[A-Za-z\])'])[.:](?=[A-Za-z\[(])",  # a space forgotten after a full stop
    r"(?<=\d)[.:](?=[A-Za-z])|(?<=[A-Za-z])[.:](?=\d)",
    r"(?<=\w)-+(?=\w)|-{2,}",
    r"(?<=\d)(?:yo|yrs?|years?|hrs?|mins?|mgs?|ml|ft|st|x)(?![A-Za-z0-9])",  # 27yo, 10mins
    r"(?<=\d)(?:YO|YRS?|YEARS?|HRS?|MINS?|MGS?|ML|FT|ST|X)(?![A-Za-z0-9])",
]
_UNBROKEN: Final = 100
_PIECE = re.compile(rf"\S{{{_UNBROKEN}}}(?=\S)")
STARRED = re.compile(r"[A-Za-z]+\*+[A-Za-z]+")
MASK = re.compile(r"\[[A-Za-z][\w.-]*\]|[xX]{3,}|[xX*]{2,}\d*|\*{3,}|_{3,}")
NUMBER = re.compile(r"\d[\d,.]*(?:st|nd|rd|th)?")
TIME = re.compile(
    r"(?:[01]?\d|2[0-3])[:.][0-5]\d(?::[0-5]\d)?(?:hrs|h|am|pm)?|\d{1,2}(?:am|pm)|(?:[01]\d|2[0-3])[0-5]\d(?:hrs|h)"
)


class LogTokeniser(Tokenizer):
    """spaCy's tokeniser that leaves the text with the document, since joining the tokens again is slow, and that cuts
    what is longer than any word: spaCy takes marks off its ends one by one and looks through the rest each time."""

    def __call__(self, string: str) -> Doc:
        """The document of a text."""
        unbroken = len(string) > _UNBROKEN and max(map(len, string.split()), default=0) > _UNBROKEN
        doc: Doc = self._in_pieces(string) if unbroken else super().__call__(string)
        doc.user_data["text"] = string
        return doc

    def _in_pieces(self, string: str) -> Doc:
        cuts = [0, *(piece.end() for piece in _PIECE.finditer(string)), len(string)]
        read = super().__call__
        tokens = [token for begin, end in pairwise(cuts) for token in read(string[begin:end])]
        return Doc(self.vocab, [token.text for token in tokens], [bool(token.whitespace_) for token in tokens])


def text_of(doc: Doc) -> str:
    """The text of a document, whoever made it."""
    return str(doc.user_data.get("text") or doc.text)


def tokeniser(nlp: Language, shorthand: Mapping[str, str]) -> Tokenizer:
    """spaCy's tokeniser with rules for log text; shorthand with symbols in it (``o/d``, ``a&e``) stays whole."""
    whole = frozenset(s for s in shorthand if not s.isalnum()) | {"w/c"}

    def keep(string: str) -> bool:
        return string.lower() in whole or any(shape.fullmatch(string) for shape in (MASK, TIME, STARRED))

    return LogTokeniser(
        nlp.vocab,
        prefix_search=compile_prefix_regex(_PREFIXES).search,
        suffix_search=compile_suffix_regex(_SUFFIXES).search,
        infix_finditer=compile_infix_regex(_INFIXES).finditer,
        token_match=keep,
    )
