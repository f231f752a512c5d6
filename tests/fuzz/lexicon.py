"""A lexicon in miniature: all of its files, small enough to be written and read thousands of times."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

LEXICON_FILES: Final = {
    "classes.toml": '[classes]\nmonth = ["may", "june"]\nseason = ["summer"]\n',
    "clauses.toml": '[clauses]\nbreaks = ["but", "then"]\n',
    "neutral.toml": '[terms]\nthey = ["he", "she"]\n',
    "shorthand.toml": '[shorthand]\nod = "overdose"\n"o/d" = "overdose"\n',
    "assertion.toml": """\
[negated]
scope = 7
forward = ["no", "nil .. seen"]
backward = ["ruled out"]

[historical]
forward = ["in @month"]

[pseudo]
phrases = ["no one|nobody"]

[terminators]
phrases = ["but"]
""",
    "cues/crime.toml": '[weapon]\nabout = "a weapon"\nphrases = ["knife~", "has|had a knife?  blade"]\n',
    "cues/protective.toml": '[safe]\nabout = "in safe hands"\nphrases = ["with her mum|mother"]\n',
    "common.txt": "house\nstreet\n",
    "names.toml": '[given]\nbritish = "adam alice"\n',
    "stop_cues.toml": '[weapon]\nwords = "a weapon"\nkinds = ["weapon"]\n',
}


def written(folder: Path, changed: Mapping[str, bytes]) -> Path:
    """The lexicon in a folder, with other bytes in the files named."""
    (folder / "cues").mkdir()
    for name, text in LEXICON_FILES.items():
        (folder / name).write_bytes(changed.get(name, text.encode()))
    return folder
