"""What must hold of any input, for each way into Signpost. A target takes a number, and raises where it does not."""

import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from math import isclose
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson

from model.artefact import load
from model.assertion import AssertionMarker
from model.clauses import ClauseReader
from model.cues import load_kinds
from model.decision import load_stop_cues
from model.errors import DataError, LexiconError, NarrativeError
from model.factors import FACTORS
from model.language import build
from model.narrative import Narrative
from model.phrases import compile_phrase
from model.scorer import Scorer
from model.scoring import score_rows
from model.tables import open_table
from tests.fuzz import inputs
from tests.fuzz.lexicon import LEXICON_FILES, written
from tests.service.conftest import StandIn

Check = Callable[[int], None]
_PLAIN: Final = frozenset(map(chr, range(0x20, 0x7F)))
_ROW_CODES: Final = frozenset(
    {
        "text-missing",
        "text-not-a-string",
        "text-blank",
        "text-too-long",
        "text-not-utf8",
        "row-unreadable",
        "id-invalid",
    }
)
_FILE_CODES: Final = frozenset({"file-unreadable", "column-missing"})


def cleaning(number: int) -> None:
    """Every character of the cleaned text stands for a piece of the given one, in order."""
    narrative = _narrative(number)
    if narrative is None or narrative.starts is None or narrative.ends is None:
        return
    given, text = narrative.given, narrative.text
    assert len(narrative.starts) == len(narrative.ends) == len(text)
    before = 0
    for character, start, end in zip(text, narrative.starts, narrative.ends, strict=True):
        assert before <= start < end <= len(given)
        before = start
        if given[start] in _PLAIN and end == start + 1:
            assert given[start] == character


def reading(number: int) -> None:
    """Every word, clause, entry and cue has its place inside the text, and clauses leave no word out."""
    narrative = _narrative(number)
    if narrative is None:
        return
    found = _nlp()(narrative.text)._.reading
    count = len(found.words)
    assert (
        len(found.stems) == len(found.terms) == len(found.tokens) == len(found.spans) == len(found.assertions) == count
    )
    assert all(0 <= start < end <= len(narrative.text) for start, end in found.spans)
    assert all(0 <= start < end <= len(narrative.given) for start, end in (narrative.span(*s) for s in found.spans))
    assert [i for clause in found.clauses for i in range(clause.start, clause.end)] == list(range(count))
    assert all(0 <= clause.entry <= found.entries for clause in found.clauses)
    assert all(0 <= cue.start < cue.end <= count and cue.clause < len(found.clauses) for cue in found.cues)


def scoring(number: int, models: Path) -> None:
    """Probabilities are probabilities, reasons slice back to the text, and weights and rest are the logit."""
    narrative, scorer = _narrative(number), _scorer(models)
    if narrative is None:
        return
    answer = scorer.score(narrative).as_dict()
    low, high = answer["interval"]
    assert 0 <= low <= answer["confidence"] <= high <= 1
    assert all(0 <= p <= 1 for p in answer["factors"].values())
    assert answer["decision"] in {"flag", "review", "pass"} and answer["because"]
    for reason in answer["reasons"]:
        assert narrative.given[reason["start"] : reason["end"]] == reason["text"]
    if number % 8 == 0:
        logits = scorer.classifier.decision_function([narrative])[0]
        for factor, logit in zip(FACTORS, logits[: len(FACTORS)], strict=True):
            weights = sum(r["weight"] for r in answer["reasons"] if r["factor"] == factor)
            assert isclose(weights + answer["rest"][factor], logit, abs_tol=6e-3)  # nine parts of three decimals
    orjson.dumps(answer)


def phrases(number: int) -> None:
    """A phrase of the lexicon compiles and matches within bounds, or is refused by name."""
    draw = Random(number)
    parts = [
        "knife",
        "say~",
        "a|b",
        "@month",
        "@nothing",
        "he?",
        "..",
        "?",
        "~",
        "|",
        "A",
        "",
        "<num>",
        "@",
        "x|@month?",
    ]
    source = " ".join(draw.choice(parts) for _ in range(draw.randrange(8)))
    try:
        phrase = compile_phrase(source, "fuzz", {"month": ["may", "june"]})
    except LexiconError as error:
        assert error.code == "lexicon-invalid" and repr(source) in error.detail
        return
    words = [draw.choice(("knife", "say", "a", "b", "may", "he", "x", "other")) for _ in range(12)]
    at = draw.randrange(12)
    assert -1 <= phrase.match(words, words, at, 12) <= 12


def lexicon(number: int) -> None:
    """A lexicon file that somebody broke is refused with a file's name, or still read. (A class that is gone is missed
    where it is used.)"""
    draw = Random(number)
    name = draw.choice(sorted(LEXICON_FILES))
    with tempfile.TemporaryDirectory(dir=_shared_memory()) as folder:
        sound = LEXICON_FILES[name].encode()
        broken = sound if number % 10 == 0 else inputs.damaged(draw, sound, most=4)
        try:
            path = written(Path(folder), {name: broken})
            load_kinds(path)
            load_stop_cues(path)
            AssertionMarker(path)
            if number % 100 == 0:
                ClauseReader(path)
        except LexiconError as error:
            assert broken != sound and error.code == "lexicon-invalid"
            assert any(Path(known).name in error.detail for known in (*LEXICON_FILES, "common.txt"))


def delimited(number: int) -> None:
    """A CSV file: sound, every row comes back; damaged, each row has an answer or the file an error."""
    _table(number, ".csv", inputs.as_csv)


def json_lines(number: int) -> None:
    """The same of JSON Lines."""
    _table(number, ".jsonl", inputs.as_lines)


def workbooks(number: int) -> None:
    """The same of Excel's workbooks."""
    _table(number, ".xlsx", lambda pairs: _made(inputs.as_workbook, pairs, ".xlsx"), exact=False)


def parquet(number: int) -> None:
    """The same of Parquet."""
    _table(number, ".parquet", lambda pairs: _made(inputs.as_parquet, pairs, ".parquet"))


IN_PROCESS: Final[Mapping[str, Check | Callable[[int, Path], None]]] = {
    "cleaning": cleaning,
    "phrases": phrases,
    "reading": reading,
    "scoring": scoring,
    "lexicon": lexicon,
    "delimited": delimited,
    "json_lines": json_lines,
    "workbooks": workbooks,
    "parquet": parquet,
}
"""The targets by name, the cheapest first; over HTTP, see ``wire``."""


def _narrative(number: int) -> Narrative | None:
    """The narrative of this number; ``None`` when it is refused in a documented way."""
    text = inputs.text(Random(number))
    try:
        return Narrative.of(text)
    except NarrativeError as error:
        assert error.code in {"text-blank", "text-too-long", "text-not-utf8"}
        assert not text.strip() or len(text) < 4 or text not in error.detail
        return None


def _table(number: int, suffix: str, make: Callable[[list[tuple[str, str]]], bytes], *, exact: bool = True) -> None:
    draw = Random(number)
    pairs = inputs.rows(draw)
    sound = make(pairs)
    given = sound if number % 4 == 0 else inputs.damaged(draw, sound)
    with tempfile.TemporaryDirectory(dir=_shared_memory()) as folder:
        path = Path(folder, f"table{suffix}")
        path.write_bytes(given)
        try:
            with open_table(path) as table:
                found = list(table.rows)
        except DataError as error:
            assert given != sound and error.code in _FILE_CODES, error.code
            return
    if given == sound:
        assert [row.id for row in found] == [key for key, _ in pairs]
        assert not exact or [row.text for row in found] == [text for _, text in pairs]
    results = [result for some in score_rows(found, StandIn()) for result in some]
    assert len(results) == len(found)
    for row, result in zip(found, results, strict=True):
        assert result["id"] == row.id
        assert "decision" in result or result["error"]["code"] in _ROW_CODES
    orjson.dumps(results)


def _made(make: Callable[[list[tuple[str, str]], Path], None], pairs: list[tuple[str, str]], suffix: str) -> bytes:
    with tempfile.TemporaryDirectory(dir=_shared_memory()) as folder:
        path = Path(folder, f"sound{suffix}")
        make(pairs, path)
        return path.read_bytes()


@cache
def _shared_memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@cache
def _nlp() -> Any:
    return build()


@cache
def _scorer(models: Path) -> Scorer:
    return load(models)
