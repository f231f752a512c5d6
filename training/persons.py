"""The same narrative about a person of the other sex, or with a name of another origin: pairs to be judged alike.

After the audits of résumés by name (Bertrand and Mullainathan 2004) and of sentiment scores by name and sex
(Kiritchenko and Mohammad 2018). Makers as in ``training.descriptors``.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from training.descriptors import LISTS, MARKER, Version, bears_on, like

SEXES: Final = ("male", "female")

_NAMES = LISTS["names"]
ORIGINS: Final[dict[str, dict[str, list[str]]]] = {k: v for k, v in _NAMES.items() if isinstance(v, dict)}
NATIVE: Final = "British"
"""Most names that stand in the corpus are of this origin; masks are filled with it on the one side of a pair."""

_TERMS: Final[dict[str, dict[str, str]]] = {"male": LISTS["sex"]["to_female"], "female": LISTS["sex"]["to_male"]}
"""For each sex, its words and what they become."""
_TITLES: Final = {"male": ("Mr", "Mrs"), "female": ("Mrs", "Mr")}
_ALSO_FEMALE: Final = ("Ms", "Miss")
_AFTER_HER: Final = frozenset(LISTS["sex"]["after_objective_her"])
_GLUED = re.compile(r"\b\d\d(?:yo)?[MF]\b")  # "34F" beside "20M" of a drop: which are persons cannot be told

_FIRST: Final = {
    name.lower(): (origin, sex) for origin, lists in ORIGINS.items() for sex in SEXES for name in lists[sex]
}
_NAME_END = rf"(?![\w-])(?!\s(?i:{'|'.join(_NAMES['places'])})\b)"


def _either_case(words: Sequence[str]) -> str:
    return "|".join(re.escape(form) for word in words for form in (word, word.upper()))


def _all_first() -> list[str]:
    return sorted({name for lists in ORIGINS.values() for sex in SEXES for name in lists[sex]}, key=len, reverse=True)


_FIRST_NAME = re.compile(rf"(?<!\b[Tt]he )(?<!\bTHE )\b(?:{_either_case(_all_first())}){_NAME_END}")
# In capitals any word after a rank looks like a name ("PC ATTENDING"); after Mr and Mrs nothing else comes.
_SURNAME = re.compile(
    rf"\b(?:{'|'.join(_NAMES['titles'])})\.?\s(?P<titled>[A-Z](?:[a-z]|['’](?!s\b)){{2,}}){_NAME_END}"
    rf"|\b(?:MR|MRS)\.?\s(?P<capitals>(?!X+\b)[A-Z][A-Z'’]{{2,}}){_NAME_END}"
    rf"|\b(?:{'|'.join(_all_first())}){_NAME_END}\s(?P<family>[A-Z](?:[a-z]|['’](?!s\b)){{2,}}){_NAME_END}"
)
_MASK = re.compile("|".join(re.escape(mask) for mask in _NAMES["masks"]))


def sex(text: str, rng: np.random.Generator) -> list[Version]:
    """Every word of sex turned into the other's, where all persons of the text whose sex it tells are of one."""
    present = [s for s in SEXES if _words_of(s).search(text)]
    if len(present) != 1 or bears_on("sex", text) or _GLUED.search(text):
        return []
    old = present[0]
    new = SEXES[1 - SEXES.index(old)]
    names = {m.group().lower() for m in _FIRST_NAME.finditer(text)}
    if any(_FIRST[name][1] == new for name in names):
        return []
    renamed = {name: _draw(ORIGINS[_FIRST[name][0]][new], rng) for name in sorted(names)}
    turned = _words_of(old).sub(lambda m: _turned(m, text, old), text)
    return [(f"to {new}", text, _replaced(turned, renamed))]


def _words_of(one: str) -> re.Pattern[str]:
    terms = [*_TERMS[one], *(("her",) if one == "female" else ())]
    titles = ["Mr", "MR"] if one == "male" else ["Mrs", "MRS", *_ALSO_FEMALE]
    marker = MARKER.replace("[MF]", "M" if one == "male" else "F")
    title = rf"(?:{'|'.join(titles)})(?=\.?\s[A-Z\[])"
    # "mum's" ends in no letter of its own, "mums" does; so the apostrophe may follow.
    return re.compile(rf"{marker}|\b{title}|(?<![\w'’])(?i:{'|'.join(sorted(terms, key=len, reverse=True))})(?!\w)")


def _turned(match: re.Match[str], text: str, old: str) -> str:
    word = match.group()
    if word in ("M", "F"):
        return "F" if word == "M" else "M"
    if word.capitalize() in (*_TITLES[old], *_ALSO_FEMALE) and word[0].isupper():
        return like(word, _TITLES[old][1])
    lower = word.lower()
    following = re.match(r"\s+([A-Za-z]+)", text[match.end() :])
    after = following.group(1).lower() if following else ""
    if lower == "her":
        return like(word, "him" if not after or after in _AFTER_HER else "his")
    if lower == "his" and not after:
        return like(word, "hers")
    return like(word, _TERMS[old][lower])


def names(text: str, rng: np.random.Generator) -> list[Version]:
    """The names that stand in the text, or its masks filled, for every other origin; each person keeps their sex."""
    before = text
    if masks := sorted(set(_MASK.findall(text))):
        told = [len(_words_of(one).findall(text)) + rng.random() for one in SEXES]  # an even count is drawn
        filled = rng.permutation(ORIGINS[NATIVE][SEXES[int(told[1] > told[0])]])
        filling = {mask: str(name) for mask, name in zip(masks, filled, strict=False)}
        before = _MASK.sub(lambda m: filling[m[0]].upper() if text.isupper() else filling[m[0]], text)
    first = sorted({m.group().lower() for m in _FIRST_NAME.finditer(before)})
    last = sorted({(m[m.lastgroup or 0]).lower() for m in _SURNAME.finditer(before)} - set(first))
    versions = []
    for origin, lists in ORIGINS.items():
        if origin == NATIVE or any(_FIRST[name][0] == origin for name in first):
            continue
        renamed = {
            **_assigned([n for n in first if _FIRST[n][1] == "male"], lists["male"], rng),
            **_assigned([n for n in first if _FIRST[n][1] == "female"], lists["female"], rng),
            **_assigned(last, lists["surname"], rng),
        }
        if renamed and (after := _replaced(before, renamed)) != before:
            versions.append((origin, before, after))
    return versions


def masked(text: str) -> str:
    """Every name that can be told as one, as the mask that control rooms write for it."""
    mask = next(iter(_NAMES["masks"]))
    surnames = {m[m.lastgroup or 0] for m in _SURNAME.finditer(text)}
    text = _FIRST_NAME.sub(lambda m: mask if m.group()[0].isupper() else m.group(), text)
    return re.sub(rf"\b(?:{'|'.join(map(re.escape, sorted(surnames)))})(?![\w-])", mask, text) if surnames else text


def _assigned(old: Sequence[str], new: Sequence[str], rng: np.random.Generator) -> dict[str, str]:
    # Two persons of a text must not become one, so names are dealt, and dealt again only when they run out.
    dealt = [str(name) for name in rng.permutation(new)]
    return {name: dealt[i % len(dealt)] for i, name in enumerate(old)}


def _draw(names_: Sequence[str], rng: np.random.Generator) -> str:
    return names_[int(rng.integers(len(names_)))]


def _replaced(text: str, renamed: Mapping[str, str]) -> str:
    if not renamed:
        return text
    either = "|".join(re.escape(name) for name in sorted(renamed, key=len, reverse=True))
    pattern = re.compile(rf"\b(?:{either})(?![\w-])", re.IGNORECASE)
    # "gill" and "mark" in lower case are no names.
    return pattern.sub(
        lambda m: like(m.group(), renamed[m.group().lower()]) if m.group()[0].isupper() else m.group(), text
    )
