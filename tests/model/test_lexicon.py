"""A lexicon that somebody edited and broke: what is said of it."""

from pathlib import Path

import pytest

from model.assertion import AssertionMarker
from model.clauses import ClauseReader
from model.cues import load_kinds
from model.decision import load_stop_cues
from model.errors import LexiconError
from tests.fuzz.lexicon import LEXICON_FILES, written


def read(lexicon: Path) -> None:
    load_kinds(lexicon)
    load_stop_cues(lexicon)
    AssertionMarker(lexicon)
    ClauseReader(lexicon)


def test_the_lexicon_in_miniature_is_sound(tmp_path: Path) -> None:
    read(written(tmp_path, {}))


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("classes.toml", b"[classes]", b"[class]", "classes.toml: there is no table [classes]"),
        ("classes.toml", b'["may", "june"]', b"5", "classes.toml: classes.month"),
        ("shorthand.toml", b'"overdose"', b"7", "shorthand.toml: shorthand.od"),
        ("clauses.toml", b"breaks", b"brakes", "clauses.toml: clauses.breaks"),
        ("clauses.toml", b'"then"', b'"..", "then"', "clauses.toml, line 2: phrase '..'"),
        ("neutral.toml", b'"he"', b"1", "neutral.toml: terms.they.0"),
        ("assertion.toml", b'"nil .. seen"', b'"nil ..", "x"', "assertion.toml, line 3: phrase 'nil ..'"),
        ("assertion.toml", b"scope = 7", b'scope = "far"', "assertion.toml: negated.scope"),
        ("cues/crime.toml", b"phrases", b"phrase", "crime.toml: weapon.phrases"),
        ("cues/crime.toml", b'"knife~"', b'"Knife"', "crime.toml, line 3: phrase 'Knife'"),
        ("cues/crime.toml", b"a weapon", b"a \xff weapon", "crime.toml, line 2: a byte is not UTF-8"),
        ("cues/crime.toml", b"[weapon]", b"[weapon", "crime.toml: Expected ']'"),
        ("stop_cues.toml", b"kinds", b"kind", "stop_cues.toml: weapon.kinds"),
        ("common.txt", b"house", b"h\xffuse", "common.txt: "),
    ],
)
def test_a_broken_file_is_named_with_the_place(tmp_path: Path, name: str, old: bytes, new: bytes, said: str) -> None:
    broken = LEXICON_FILES[name].encode().replace(old, new)
    with pytest.raises(LexiconError) as caught:
        read(written(tmp_path, {name: broken}))
    assert caught.value.code == "lexicon-invalid"
    assert said in caught.value.detail
