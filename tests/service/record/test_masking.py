"""Recall is measured on narratives of the corpus into which identifiers of known place are put."""

import json
import random
from pathlib import Path

import pytest

from service.record.masking import mask

DATA = Path(__file__).parents[3] / "data" / "narratives"
KINDS = {
    "NHS number": ("NHS no {}", ["943 476 5919", "9434765919", "401 023 2137", "9434765918"]),
    "NI number": ("NI {}", ["AB 12 34 56 C", "JG103759A", "QQ123456C".replace("QQ", "PE")]),
    "postcode": ("lives at {}", ["SW1A 2AA", "M1 1AE", "LS61BA", "HU5 2NX", "ec1a 1bb"]),
    "phone": ("ring her on {}", ["07700 900123", "07700900456", "0113 496 0000", "+44 7700 900789", "01632 960 001"]),
    "vehicle": ("drives {}", ["AB12 CDE", "LK68XYZ", "YD70 ABC"]),
    "e-mail": ("email {}", ["jo.bloggs@example.org", "a_b-c@mail.example.co.uk"]),
    "date of birth": ("DOB {}", ["12/03/1987", "1.4.62", "03-11-2001", "7 May 1990"]),
    "name after a title": (
        "with {} today",
        ["Mr Pell", "Mrs Ann O'Neill", "DR SINGH", "PC Hargreaves", "Miss Lucy Ode"],
    ),
}
LEAST = {"vehicle": 0.9}


def planted(kind: str) -> list[tuple[str, str]]:
    phrase, values = KINDS[kind]
    draw = random.Random(7)
    lines = sorted(DATA.glob("*.jsonl"))[0].read_text().splitlines()
    texts = [json.loads(line)["text"] for line in draw.sample(lines, 60)]
    pairs = []
    for number, given in enumerate(texts):
        value = values[number % len(values)]
        words = given.split(" ")
        at = draw.randrange(len(words) + 1)
        pairs.append((" ".join([*words[:at], phrase.format(value), *words[at:]]), value))
    return pairs


@pytest.mark.parametrize("kind", KINDS)
def test_identifiers_put_into_real_narratives_are_found(kind: str) -> None:
    found = 0
    for given, value in planted(kind):
        secret = value.split(" ", 1)[1] if kind == "name after a title" else value
        found += secret not in mask(given)
    assert found / 60 >= LEAST.get(kind, 0.95)


def test_a_log_keeps_what_it_says() -> None:
    log = "0417 PC ON SCENE, F 24, 2 previous ODs, no threats, CPN due at 3. 20mg sertraline. Unit 12 hrs. MH act s136"
    assert mask(log) == log


def test_most_of_the_corpus_is_left_as_it_is() -> None:
    lines = sorted(DATA.glob("*.jsonl"))[0].read_text().splitlines()[:100]
    texts = [json.loads(line)["text"] for line in lines]
    changed = sum(mask(given) != given for given in texts)
    assert changed <= 15


def test_overlapping_finds_leave_nothing_over() -> None:
    assert "07700" not in mask("tel 07700 900123 07700 900124") and "900124" not in mask(
        "tel 07700 900123 07700 900124"
    )


def test_nothing_is_fetched_from_the_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert mask("mail me at someone@example.org") == "mail me at [email]"
