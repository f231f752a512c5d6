"""No regular expression of the model takes more than its share of time for longer text, whatever the text."""

import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from itertools import product

import pytest
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex

import model
from model import tokeniser

SHORT, LONG = 2_000, 8_000
MOST = 8.0
"""Times as long for four times the text: 4 is linear, 16 quadratic."""

UNITS = (
    "a", "A", "x", "X", "1", "*", "_", "-", ".", ",", ":", ";", "!", " ", "\n", "[", "[a", "a*", "x*", "X*1", "1,",
    "1.", "12:", "12:3", "0415 ", "04:15\n", "1/1/", "01/02/2026 ", "a.", "a-", "-a", "'", "'s", "5st", "5x", "is",
    "ise", "é", "\u200b", "\ud800",
)  # fmt: skip
ENDS = ("", "!", "a", "1", "\n")

Use = Callable[[re.Pattern[str], str], object]


def everywhere(pattern: re.Pattern[str], text: str) -> object:
    return sum(1 for _ in pattern.finditer(text))


USES: dict[str, Use] = {
    "model.tokeniser.STARRED": re.Pattern.fullmatch,
    "model.tokeniser.MASK": re.Pattern.fullmatch,
    "model.tokeniser.NUMBER": re.Pattern.fullmatch,
    "model.tokeniser.TIME": re.Pattern.fullmatch,
    "model.tokeniser._PIECE": everywhere,
    "model.clauses._LONG_RUN": everywhere,
    "model.entries._STAMP": everywhere,
    "model.narrative._CLEAN": re.Pattern.fullmatch,
    "model.narrative._UNCLEAN_RUN": everywhere,
    "model.names._SHAPE": re.Pattern.fullmatch,
    "model.reader.words._MARK": re.Pattern.search,
    "model.spelling._BRITISH": everywhere,
    "model.spelling._STARRED": re.Pattern.fullmatch,
    "model.tables.rows._HALF_CHARACTER": everywhere,
    "model.tables.rows._STRAY_BYTE": everywhere,
    "prefixes": re.Pattern.search,
    "suffixes": re.Pattern.search,
    "infixes": everywhere,
}
"""How each is used; a pattern that is looked for everywhere must not look at the same text from every place."""


def patterns() -> dict[str, re.Pattern[str]]:
    """Every regular expression of the model, and the three that spaCy's tokeniser is given."""
    found = {
        "prefixes": compile_prefix_regex(tokeniser._PREFIXES),
        "suffixes": compile_suffix_regex(tokeniser._SUFFIXES),
        "infixes": compile_infix_regex(tokeniser._INFIXES),
    }
    for module in pkgutil.walk_packages(model.__path__, "model."):
        loaded = importlib.import_module(module.name)
        for name in re.findall(r"^(\w+)(?:: Final)? = re\.compile", inspect.getsource(loaded), re.MULTILINE):
            found[f"{module.name}.{name}"] = getattr(loaded, name)
    return found


def hostile(length: int) -> Iterator[str]:
    for unit, end in product(UNITS, ENDS):
        yield unit * (length // len(unit)) + end


def seconds(use: Use, pattern: re.Pattern[str], text: str) -> float:
    """The least of some, which other work on the machine lengthens least."""
    return min(once(use, pattern, text) for _ in range(5))


def once(use: Use, pattern: re.Pattern[str], text: str) -> float:
    began = time.process_time_ns()
    use(pattern, text)
    return float(time.process_time_ns() - began)


def growth(use: Use, pattern: re.Pattern[str]) -> float:
    """The growth over the hostile text that takes longest."""
    slowest = max(range(len(UNITS) * len(ENDS)), key=[once(use, pattern, text) for text in hostile(LONG)].__getitem__)
    short, long = (list(hostile(length))[slowest] for length in (SHORT, LONG))
    return seconds(use, pattern, long) / seconds(use, pattern, short)


def test_how_each_pattern_is_used_is_known() -> None:
    assert patterns().keys() == USES.keys()


@pytest.mark.parametrize("name", sorted(patterns()))
def test_time_grows_with_the_text(name: str) -> None:
    assert growth(USES[name], patterns()[name]) <= MOST


@pytest.mark.parametrize(("pattern", "use"), [(r"(a|a)*b", re.Pattern.match), (r"a+b", everywhere)])
def test_what_does_not_is_found(pattern: str, use: Use) -> None:
    if pattern == r"(a|a)*b":
        # Twice the work with every letter: short enough to end.
        few, many = (seconds(use, re.compile(pattern), "a" * n) for n in (14, 18))
        assert many > MOST * few
    else:
        assert growth(use, re.compile(pattern)) > MOST
