"""How the time of a score grows with the text, and that of reading with the lexicon.

``python -m tests.bench.growth [--quick] [--models FOLDER]``. The exponent is of the last step, to four times the
characters: 1 is linear.
"""

import json
import math
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from spacy.language import Language

from model import Narrative, load
from model.cues import load_kinds
from model.language import build
from model.phrases import LEXICON
from model.reading import reading_of
from tests.bench.measurement import Options, Spread, in_turns, machine, markdown
from training.corpus import NARRATIVES, read_corpus

LENGTHS: Final = (1, 20, 320, 1_250, 5_000, 20_000)
REPEATS: Final = 3
TIMES: Final = (1, 10)
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_CYRILLIC: Final = str.maketrans("aceopxyis", "асеорхуіѕ")

Make = Callable[[random.Random, int], str]
"""A text of so many characters or a few more, other ones each time."""


def _joined(parts: Callable[[random.Random], str], separator: str = " ") -> Make:
    def make(draw: random.Random, length: int) -> str:
        found = [parts(draw)]
        characters = len(found[0])
        while characters < length:
            found.append(parts(draw))
            characters += len(separator) + len(found[-1])
        return separator.join(found)

    return make


def _word(draw: random.Random, least: int = 4, most: int = 10) -> str:
    return "".join(draw.choices(_LETTERS, k=draw.randint(least, most)))


def _starred(draw: random.Random) -> str:
    word = _word(draw)
    return word[:2] + "*" + word[3:] + "e"


def kinds() -> dict[str, Make]:
    """The kinds of text, by name."""
    rows = [row.text for row in read_corpus([NARRATIVES])]
    narratives = _joined(lambda draw: draw.choice(rows))
    return {
        "narratives joined": narratives,
        "timed entries": _joined(lambda d: f"{d.randrange(24):02}{d.randrange(60):02} {d.choice(rows)[:60]}", "\n"),
        "one word again and again": _joined(lambda _: "knife"),
        "words that are none": _joined(_word),
        "words with stars": _joined(_starred),
        "one word, stars inside": lambda _, length: "k" + "*" * max(length - 2, 0) + "e",
        "letter by letter": _joined(lambda draw: draw.choice(_LETTERS)),
        "no spaces": lambda draw, length: narratives(draw, 2 * length).replace(" ", "")[:length],
        "one letter": lambda _, length: "a" * length,
        "digits": lambda draw, length: "".join(draw.choices("0123456789", k=length)),
        "numbers and times": _joined(lambda draw: draw.choice(["12:30", "0415", "07700", "1,2,3", "1.1.1.1"])),
        "marks": lambda draw, length: "".join(draw.choices(".,;:!?-/*'\"()[]", k=length)),
        "one mark": lambda _, length: "." * length,
        "dashes between letters": _joined(lambda draw: draw.choice(_LETTERS), "-"),
        "open brackets": lambda _, length: "[a" * (length // 2 + 1),
        "look-alike letters": lambda draw, length: narratives(draw, length).translate(_CYRILLIC),
        "emoji": lambda _, length: "😟" * length,
        "broken encoding": lambda _, length: "â€™Ã©" * (length // 5 + 1),
        "new lines": lambda _, length: "a\n" * (length // 2 + 1),
    }


def seconds(work: Callable[[], object]) -> float:
    """Processor time of some work."""
    began = time.process_time()
    work()
    return time.process_time() - began


def exponent(few: float, many: float, times: float) -> float:
    """Of what grows from ``few`` to ``many`` when its size grows so many times."""
    return math.log(many / few) / math.log(times)


def by_length(score: Callable[[str], object], lengths: tuple[int, ...], repeats: int) -> str:
    """The table of time against length, one row a kind of text."""
    draw = random.Random(7)
    rows = []
    for name, make in kinds().items():
        ways = {str(n): lambda n=n, make=make: _timed(score, make(draw, n)[:n].strip() or "a") for n in lengths}
        medians = [Spread.of(found).median for found in in_turns(ways, repeats).values()]
        grown = exponent(medians[-2], medians[-1], lengths[-1] / lengths[-2])
        rows.append([name, *(f"{s * 1000:.1f}" for s in medians), f"{grown:.2f}"])
    return markdown(["kind of text", *(f"{n:,}" for n in lengths), "exponent"], rows)


def _timed(score: Callable[[str], object], text: str) -> float:
    return seconds(lambda: score(text))


def enlarged(times: int, folder: Path) -> Path:
    """A lexicon with so many times the cue phrases: the real ones, and each again with other last words."""
    draw = random.Random(times)
    shutil.copytree(LEXICON, folder)
    phrases = [phrase for kind in load_kinds(folder).values() for phrase in (p.source for p in kind.phrases)]
    # The first word stays: it decides how often the matcher has to look.
    more = [" ".join([*phrase.split(" ")[:-1], _word(draw)]) for phrase in phrases for _ in range(times - 1)]
    lines = ["[synthetic]", 'about = "For size alone."', f"phrases = {json.dumps(more)}"]
    (folder / "cues" / "synthetic.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def by_lexicon(narratives: list[str], repeats: int) -> str:
    """The table of the time of reading against the size of the lexicon."""
    with tempfile.TemporaryDirectory() as folder:
        pipelines: dict[str, Language] = {}
        phrases: dict[str, int] = {}
        for times in TIMES:
            lexicon = enlarged(times, Path(folder) / str(times))
            pipelines[f"× {times}"] = build(lexicon)
            phrases[f"× {times}"] = sum(len(kind.phrases) for kind in load_kinds(lexicon).values())
        ways = {
            name: lambda nlp=nlp: seconds(lambda: [reading_of(nlp(text)) for text in narratives])
            for name, nlp in pipelines.items()
        }
        in_turns(ways, 1)  # what is remembered of words is not what grows
        found = in_turns(ways, repeats)
    first = Spread.of(found[f"× {TIMES[0]}"]).median
    spreads = {name: Spread.of(times) for name, times in found.items()}
    rows = [
        [name, f"{phrases[name]:,}", s.shown(".2f", 1000 / len(narratives)), f"{s.median / first:.2f}"]
        for name, s in spreads.items()
    ]
    return markdown(["lexicon", "phrases", "ms a narrative", "times the first"], rows)


def main(arguments: list[str] | None = None) -> int:
    """Run it by hand."""
    options = Options.of(__doc__, arguments)
    quick, scorer = options.quick, load(options.models)
    rows = [row.text for row in read_corpus([NARRATIVES])]
    for text in rows[:50]:
        scorer.score(Narrative.of(text))
    print(f"Processor time of one score in ms, by characters; {machine()}\n")
    lengths = LENGTHS[:3] if quick else LENGTHS
    print(by_length(lambda text: scorer.score(Narrative.of(text)), lengths, 1 if quick else REPEATS))
    print("\nReading narratives with larger lexicons\n")
    print(by_lexicon(rows[: 20 if quick else 500], 1 if quick else 5))
    return 0


if __name__ == "__main__":
    sys.exit(main())
