"""A narrative: text fit to score, with the way back to every character of what was given."""

import re
import unicodedata
from array import array
from dataclasses import dataclass
from typing import Final, Self

import ftfy

from model.errors import NarrativeError

LONGEST: Final = 20_000
"""Characters that a narrative may have."""

_CLEAN = re.compile(r"[\n\t\x20-\x7e]*")
_UNCLEAN_RUN = re.compile(r"[^\n\t\x20-\x7e]+")
_FOLD: Final = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'",
        "“": '"', "”": '"', "„": '"', "″": '"', "«": '"', "»": '"',
        "‐": "-", "‑": "-", "‒": "-", "−": "-", "–": " - ", "—": " - ", "―": " - ",
        "•": " - ", "·": " - ", "‣": " - ", "●": " - ", "▪": " - ", "⁄": "/", "∕": "/",
    }
)  # fmt: skip
_LOOK_ALIKES: Final = str.maketrans(
    "асԁеһіјоԛѕѵԝхуркмтɡɑıոսⅼӀαορνικυτεϲϳАВСЕНІЈКМОРЅТХҮԜΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "acdehijoqsvwxypkmtgainullaopvikutecjABCEHIJKMOPSTXYWABEZHIKMNOPTYX",
)
"""Letters of other scripts that are drawn like Latin ones (Unicode Technical Standard 39): a text in such a script
becomes no words at all, and is unfamiliar either way."""
_LINE_ENDS: Final = frozenset("\r\x0b\x0c\x85\u2028\u2029")


@dataclass(frozen=True, slots=True)
class Narrative:
    """One narrative. ``given`` is the text exactly as it came; ``text`` is the same with mojibake mended,
    typographic punctuation folded, and control and invisible characters taken out.

    ``starts`` and ``ends`` give, for each character of ``text``, the piece of ``given`` that it stands for;
    both are ``None`` when nothing had to be changed.
    """

    given: str
    text: str
    starts: "array[int] | None" = None
    ends: "array[int] | None" = None

    @classmethod
    def of(cls, value: object, longest: int = LONGEST) -> Self:
        """Check and clean ``value``.

        Raises:
            NarrativeError: ``text-missing``, ``text-not-a-string``, ``text-not-utf8``, ``text-blank`` or
                ``text-too-long``. The detail never holds the text.
        """
        if value is None:
            raise NarrativeError("text-missing", "There is no text. Send the narrative as a string in `text`.")
        if not isinstance(value, str):
            kind = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}
            raise NarrativeError(
                "text-not-a-string",
                f"The text is {kind.get(type(value), 'a ' + type(value).__name__)}, not a string. "
                "Put it in quotation marks if it is a narrative.",
            )
        if len(value) > longest:
            raise NarrativeError(
                "text-too-long",
                f"The text has {len(value):,} characters; at most {longest:,} can be scored. "
                "Send one incident's narrative at a time.",
            )
        if _CLEAN.fullmatch(value):
            if not value.strip():
                raise NarrativeError("text-blank", "The text is empty or blank. There is nothing to score.")
            return cls(value, value)
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise NarrativeError(
                "text-not-utf8",
                f"Character {error.start + 1} of the text is half of a character (a lone surrogate), or a byte that is "
                "not UTF-8. Export the text again as UTF-8.",
            ) from None
        narrative = cls._cleaned(value)
        if not narrative.text.strip():
            raise NarrativeError("text-blank", "The text holds no visible character. There is nothing to score.")
        return narrative

    @classmethod
    def _cleaned(cls, given: str) -> Self:
        pieces: list[str] = []
        starts, ends = array("l"), array("l")
        at = 0
        for run in _UNCLEAN_RUN.finditer(given):
            pieces.append(given[at : run.start()])
            starts.extend(range(at, run.start()))
            ends.extend(range(at + 1, run.start() + 1))
            for piece, start, end in _mended(run.group(), run.start()):
                pieces.append(piece)
                starts.extend([start] * len(piece))
                ends.extend([end] * len(piece))
            at = run.end()
        pieces.append(given[at:])
        starts.extend(range(at, len(given)))
        ends.extend(range(at + 1, len(given) + 1))
        return cls(given, "".join(pieces), starts, ends)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` stands in ``given``. ``end`` must be greater than ``start``."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def _mended(run: str, offset: int) -> list[tuple[str, int, int]]:
    """Cut a run of unusual characters into (clean text, start, end in the given text)."""
    fixed = ftfy.fix_encoding(run)
    if fixed != run:
        # What was one character became several; which of them came from which is lost, so the run maps as a whole.
        return [("".join(_clean_character(c) for c in fixed), offset, offset + len(run))]
    return [(_clean_character(c), offset + i, offset + i + 1) for i, c in enumerate(run)]


def _clean_character(character: str) -> str:
    if character in _LINE_ENDS:
        return "\n"
    category = unicodedata.category(character)
    if category == "Cf":  # zero width, direction marks, soft hyphen: invisible, so it must not part a word
        return ""
    if category[0] == "C":
        return " "
    if category == "Mn":
        return ""
    folded = character.translate(_FOLD).translate(_LOOK_ALIKES)
    if folded != character:
        return folded
    plain = unicodedata.normalize("NFKD", character)
    return "".join(c for c in plain if unicodedata.category(c) != "Mn") if plain else character
