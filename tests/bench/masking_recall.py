"""How much masking finds of identifiers put into narratives of the corpus, by kind, and what it takes that is none.

``python -m tests.bench.masking_recall``. The forms are those that people usually write; they were chosen by those who
wrote the patterns, so real logs will have others.
"""

import random
import sys
from collections.abc import Sequence
from typing import Final

from service.record.masking import mask
from training.corpus import NARRATIVES, read_corpus

KINDS: Final = {
    "NHS number": ("NHS no {}", ["943 476 5919", "9434765919", "401-023-2137", "943.476.5918"]),
    "NI number": ("NI {}", ["AB 12 34 56 C", "JG103759A", "pe123456c"]),
    "postcode": ("lives at {}", ["SW1A 2AA", "M1 1AE", "LS61BA", "HU5  2NX", "ec1a 1bb"]),
    "phone": (
        "ring her on {}",
        ["07700 900123", "07700900456", "(0113) 496 0000", "0044 7700 900789", "01632-960-001"],
    ),
    "vehicle": ("drives {}", ["AB12 CDE", "LK68XYZ", "yd70abc", "AB 12 CDE"]),
    "e-mail": ("email {}", ["jo.bloggs@example.org", "A_B-C@mail.example.co.uk"]),
    "date of birth": ("DOB {}", ["12/03/1987", "1.4.62", "1987-03-12", "7th May 1990", "120387"]),
    "name after a title": (
        "with {} today",
        ["Mr J Pell", "Mrs Ann O’Neill", "DR SINGH", "PC McHale", "miss ode", "Mr van der Berg"],
    ),
}


def drawn(number: int) -> list[str]:
    """So many narratives of the corpus, always the same."""
    return random.Random(7).sample([row.text for row in read_corpus([NARRATIVES])], number)


def recall(kind: str, narratives: Sequence[str]) -> float:
    """The share of narratives from which the one identifier of this kind, put between two words, is gone."""
    draw = random.Random(7)
    phrase, values = KINDS[kind]
    found = 0
    for number, narrative in enumerate(narratives):
        value = values[number % len(values)]
        words = narrative.split(" ")
        at = draw.randrange(len(words) + 1)
        given = " ".join([*words[:at], phrase.format(value), *words[at:]])
        secret = value.split(" ", 1)[1] if kind == "name after a title" else value
        found += secret not in mask(given)
    return found / len(narratives)


def changed(narratives: Sequence[str]) -> float:
    """The share of narratives that lose a word though nothing was put into them."""
    return sum(mask(narrative) != narrative for narrative in narratives) / len(narratives)


def main() -> int:
    """Run it by hand."""
    narratives = drawn(1000)
    for kind in KINDS:
        print(f"masking finds {recall(kind, narratives):6.1%} of 1,000: {kind}")
    print(f"masking changes {changed(narratives):.1%} of 1,000 narratives as they are")
    return 0


if __name__ == "__main__":
    sys.exit(main())
