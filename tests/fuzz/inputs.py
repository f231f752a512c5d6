"""Inputs by number: the same number is the same input everywhere, so that a finding can be named and not shown."""

import csv
import io
import tomllib
from pathlib import Path
from random import Random
from typing import Final

import orjson

from model.phrases import LEXICON

_CUES: Final = [
    phrase.replace("~", "").replace("?", "").replace("|", " ").replace("..", "he").replace("@", "")
    for path in sorted((LEXICON / "cues").glob("*.toml"))
    for kind in tomllib.loads(path.read_text(encoding="utf-8")).values()
    for phrase in kind["phrases"]
]
_SHORTHAND: Final = list(tomllib.loads((LEXICON / "shorthand.toml").read_text(encoding="utf-8"))["shorthand"])
_PIECES: Final = (
    "1910", "00:10", "2359hrs", "\n1015", "[1203]", "12/03/26 0915", " - ", "/",
    ".", "..", "; ", ", ", "\n", "\r\n", "\t",
    "[name]", "XXXX", "***", "k*ife", "kn1fe",
    "k n i f e", "k.n.i.f.e", "aknife", "k" * 70, "no ", "not ", "nil ", "denies ",
    "if ", "brother ", "15 yo", "since 1998", "07700900123", "’", "“", "—", "â€™",
    "Ã©", "\u200b", "\u00ad", "\u202e", "\u2066",
    "e\u0301", "\u0336", "а", "е", "😟", "👩‍👩‍👧", "مرحبا", "字", "ﬁ", "½", "İ", "ß",
    "\x00", "\x1b[2J", "\x85", "\u2028", "\ufeff",
    "\U000e0041", "\uffff", "<script>", "=1+1", '"', "'", "\\", "%s", "{{7*7}}",
    "a" * 300, "(" * 40, "-" * 50, ". " * 30,
)  # fmt: skip
_BYTES: Final = (
    b"\x00",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b'"',
    b"\n",
    b"\r\n",
    b",",
    b"{",
    b"[",
    b"\\u",
    b"=",
    b"'" * 3,
)
_FIRST: Final = (*range(0x20, 0x7F), *range(0xA0, 0x250), *range(0x370, 0x600), *range(0x1F300, 0x1F650))


def text(draw: Random, *, surrogates: bool = True) -> str:
    """Control-room words, disguises and whatever else a keyboard, a phone or a broken export can send."""
    parts = [_piece(draw) for _ in range(draw.choice((1, 2, 4, 8, 8, 16, 30)))]
    made = draw.choice(("", " ", " ")).join(parts)
    match draw.randrange(40):
        case 0:
            made = made * draw.randrange(2, 60)
        case 1:
            made = made.upper()
        case 2:
            made = made[::-1]
        case 3 if surrogates:
            made += chr(draw.randrange(0xD800, 0xE000))
    return made[: draw.choice((20_001, 20_000, 2_000))]


def _piece(draw: Random) -> str:
    match draw.randrange(8):
        case 0 | 1 | 2:
            return draw.choice(_CUES)
        case 3:
            return draw.choice(_SHORTHAND)
        case 4 | 5:
            return draw.choice(_PIECES)
        case 6:
            return "".join(chr(draw.choice(_FIRST)) for _ in range(draw.randrange(1, 9)))
        case _:
            scalar = draw.randrange(0x110000)
            return chr(scalar) if not 0xD800 <= scalar < 0xE000 else "x"


def damaged(draw: Random, whole: bytes, most: int = 6) -> bytes:
    """The same with a few bytes changed, put in, taken out or cut off; now and then nothing."""
    found = bytearray(whole)
    for _ in range(draw.randrange(most)):
        at = draw.randrange(len(found) + 1)
        match draw.randrange(5):
            case 0:
                found[at:at] = draw.choice(_BYTES)
            case 1:
                found[at : at + 1] = bytes([draw.randrange(256)])
            case 2:
                del found[at : at + draw.randrange(1, 9)]
            case 3:
                found[at:at] = found[at : at + draw.randrange(1, 200)]
            case 4 if draw.random() < 0.2:
                del found[at:]
    return bytes(found)


def rows(draw: Random) -> list[tuple[str, str]]:
    """Keys and texts of a table."""
    return [(f"k{number}", text(draw, surrogates=False)) for number in range(draw.randrange(1, 6))]


def as_csv(pairs: list[tuple[str, str]]) -> bytes:
    """A sound CSV file of them."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("id", "text"), *pairs])
    return out.getvalue().encode()


def as_lines(pairs: list[tuple[str, str]]) -> bytes:
    """A sound file of JSON Lines of them."""
    return b"".join(orjson.dumps({"id": key, "text": said}) + b"\n" for key, said in pairs)


def as_workbook(pairs: list[tuple[str, str]], path: Path) -> None:
    """A sound workbook of them; without the characters that no workbook can hold."""
    import openpyxl
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = openpyxl.Workbook()
    for row in (("id", "text"), *pairs):
        book.worksheets[0].append(
            [ILLEGAL_CHARACTERS_RE.sub("", cell).replace("\ufffe", "").replace("\uffff", "") for cell in row]
        )
    book.save(path)


def as_parquet(pairs: list[tuple[str, str]], path: Path) -> None:
    """A sound Parquet file of them."""
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist([{"id": key, "text": said} for key, said in pairs]), path)
