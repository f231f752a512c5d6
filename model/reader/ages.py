"""Of an adult's age the reader is told only whether somebody is elderly."""

from typing import Final

from model.names import NAME
from model.reading import Reading

_ADULT, _ELDERLY, _OLDEST = 18, 65, 110
"""Under 18 every year counts; past 65 age can be frailty, and frailty is a fact about risk."""

_FOLLOWING: Final = (["years", "old"], ["year", "old"], ["years", "of"])
_PRECEDING: Final = frozenset(
    "aged age person child parent grandparent partner offspring sibling relation they patient caller".split()  # noqa: SIM905
) | {NAME}
"""Terms (words of sex are neutral in them) behind which a number is an age, unless it is a number of something."""
_BEING: Final = frozenset({"is", "was", "who"})
_UNITS: Final = frozenset(
    "week weeks month months day days hour hours hrs min mins minute minutes second seconds metre metres mile miles "  # noqa: SIM905
    "stone tablet tablets tab tabs pill pills pound pounds quid time times call calls am pm percent mg ml years".split()
)


def age_of_life(reading: Reading, at: int, number: str) -> str | None:
    """``adult`` or ``elderly`` where word ``at``, typed as ``number``, is how old an adult is; else ``None``."""
    if not number.isdecimal() or not _ADULT <= int(number) <= _OLDEST or not _is_age(reading, at):
        return None
    return "elderly" if int(number) >= _ELDERLY else "adult"


def _is_age(reading: Reading, at: int) -> bool:
    following = reading.words[at + 1 : at + 3]
    if following in _FOLLOWING:
        return True
    if following and following[0] in _UNITS and at + 1 not in reading.pauses:
        return False
    before = at - 2 if at > 1 and reading.words[at - 1] in _BEING else at - 1
    return before >= 0 and reading.terms[before] in _PRECEDING
