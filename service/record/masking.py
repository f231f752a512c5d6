"""Names and numbers taken out of a narrative before it leaves: the UK recognisers of Presidio, and names after titles.

Masking lowers the risk of an export; it does not make it anonymous. What it finds on text with known identifiers is
measured in docs/record.md. Needs the extra ``masking``.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from model.errors import DataError

_RANKS: Final = (
    r"prof|professor|doctor|rev|sir|dame|lady|lord|cllr|nurse|pc|pcso|dc|ps|ds|di|dci|insp|inspector|sgt|sergeant|"
    r"supt|consultant|amhp|cpn"
)
_WORD: Final = r"[A-Z][\w’'-]*[a-z][\w’'-]*"
_PARTICLES: Final = r"(?:(?i:van|von|de|der|den|du|la|le|al|el|bin|st)[ \t]+){0,2}"
_NAME: Final = rf"(?:[A-Z]\.?[ \t]+){{0,2}}{_PARTICLES}{_WORD}(?:[ \t]+{_PARTICLES}{_WORD}){{0,2}}"
_MONTHS: Final = r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_WORDS: Final = r"(?i:and|or|has|is|who|was|to|at|on|in|says|since|will|thurs|the|a)\b"  # no names
_NAMES: Final = (
    re.compile(rf"\b(?i:mr|mrs|ms|mx|miss|master|dr|{_RANKS})\b\.?[ \t]+(?P<name>{_NAME})"),
    # In a log of capitals "PC ON SCENE" names nobody, so ranks do not count there, and one word is all that is taken.
    re.compile(rf"\b(?:MR|MRS|MS|MX|MISS|DR|Mr|Mrs|Ms|Miss|Dr)\b\.?[ \t]+(?!{_WORDS})(?P<name>[A-Z][A-Z’'-]*)\b"),
    re.compile(
        r"\b(?:mr|mrs|ms|miss)\b\.?[ \t]+(?!(?:and|or|has|is|who|was|to|at|on|in|says|the|a)\b)(?P<name>[a-z’'-]+)"
    ),
    re.compile(
        r"\b(?i:surname|forename|first name|last name|full name|name)[ \t]*(?i:is|:|=|-)[ \t]*"
        rf"(?P<name>{_NAME})"
    ),
)
_NUMBERS: Final = (
    ("[phone]", re.compile(r"(?<![\w£.])(?:\+44[ -]?|0044[ -]?|0)(?:\d[ -]?){8,10}\d\b")),
    # Ten digits: an NHS number, its check digit mistyped or not.
    ("[num]", re.compile(r"\b\d{3}[ .-]?\d{3}[ .-]?\d{4}\b")),
    (
        "[dob]",
        re.compile(
            r"\b(?i:dob|d\.o\.b\.?|born)[ :=-]*"
            r"(?:\d{1,2}(?:st|nd|rd|th)?[ ./-]\w{2,9}[ ./-]\d{2,4}|\d{6}|\d{8}|\d{4})\b"
        ),
    ),
    ("[date]", re.compile(r"\b(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d{2}|(?:19|20)\d{2}-\d{2}-\d{2})\b")),
    ("[date]", re.compile(rf"\b\d{{1,2}}(?:st|nd|rd|th)?[ -]{_MONTHS},?[ -](?:19|20)\d{{2}}\b")),
    # Written apart, which Presidio's recognisers do not take.
    ("[postcode]", re.compile(r"\b(?i:[A-Z]{1,2}\d[A-Z\d]?)[ \t]{2,3}\d(?i:[A-Z]{2})\b")),
    ("[vehicle]", re.compile(r"\b[A-Z]{2}[ -]\d{2}[ -][A-Z]{3}\b")),
)
_MASKS: Final = {
    "UK_NHS": "[nhs]",
    "UK_NINO": "[nino]",
    "UK_POSTCODE": "[postcode]",
    "UK_VEHICLE_REGISTRATION": "[vehicle]",
    "UK_PASSPORT": "[passport]",
    "EMAIL_ADDRESS": "[email]",
    "PHONE_NUMBER": "[phone]",
    "DATE_TIME": "[date]",
}
_LEAST: Final = 0.1

Span = tuple[int, int, str]


def mask(text: str) -> str:
    """The text with what was recognised replaced by what it is, such as ``[name]``, which the model reads as a name.

    Raises:
        DataError: ``masking-missing``: the extra is not installed.
    """
    parts, at = [], 0
    for start, end, label in _merged(sorted(_found(text))):
        parts += [text[at:start], label]
        at = end
    return "".join([*parts, text[at:]])


def _found(text: str) -> Iterator[Span]:
    for pattern in _NAMES:
        for match in pattern.finditer(text):
            yield (*match.span("name"), "[name]")
    for label, pattern in _NUMBERS:
        for match in pattern.finditer(text):
            yield (*match.span(), label)
    for recognise in _recognisers():
        yield from recognise(text)


def _merged(spans: list[Span]) -> Iterator[Span]:
    """Spans that overlap become one, named by the first: nothing of either is left over."""
    current: Span | None = None
    for start, end, label in spans:
        if current is not None and start < current[1]:
            current = (current[0], max(end, current[1]), current[2])
            continue
        if current is not None:
            yield current
        current = (start, end, label)
    if current is not None:
        yield current


@cache
def _recognisers() -> tuple[Callable[[str], Iterator[Span]], ...]:
    try:
        from presidio_analyzer import PatternRecognizer
        from presidio_analyzer import predefined_recognizers as kept
    except ImportError:
        raise DataError(
            "masking-missing",
            "Masking needs more libraries: install them with `make masking`, or ask for an export with --no-mask.",
        ) from None
    made = (
        kept.NhsRecognizer(),
        kept.UkNinoRecognizer(),
        kept.UkPostcodeRecognizer(),
        kept.UkVehicleRegistrationRecognizer(),
        kept.UkPassportRecognizer(),
        kept.PhoneRecognizer(supported_regions=("GB",)),
        # Their pattern without their check of the domain: it would fetch a list of domains from the internet.
        PatternRecognizer("EMAIL_ADDRESS", patterns=kept.EmailRecognizer.PATTERNS),
    )
    return tuple(_by(recogniser) for recogniser in made)


def _by(recogniser: Any) -> Callable[[str], Iterator[Span]]:
    def recognise(text: str) -> Iterator[Span]:
        for result in recogniser.analyze(text, recogniser.supported_entities, None):
            if result.score >= _LEAST:
                blank = len(text[result.start :]) - len(text[result.start :].lstrip())  # some take the blank before
                yield result.start + blank, result.end, _MASKS.get(result.entity_type, "[masked]")

    return recognise
