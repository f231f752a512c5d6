"""From the rows of a table to results, in order, and from results to a file."""

import csv
import io
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, Literal, Protocol

import orjson

from model.errors import NarrativeError, SignpostError
from model.factors import FACTORS
from model.narrative import Narrative
from model.score import Score
from model.tables import Row

Format = Literal["jsonl", "csv", "parquet"]
Result = dict[str, Any]
Write = Callable[[Sequence[Result]], None]

TOGETHER: Final = 256
"""Narratives scored at a time: enough to be fast, few enough that memory stays small."""

FLAT_COLUMNS: Final = (
    "id", "decision", "because_codes", "confidence", "interval_low", "interval_high", *FACTORS, "reasons",
    *(f"rest_{factor}" for factor in FACTORS), "model", "policy", "error_code", "error_detail",
)  # fmt: skip

_NUMBERS: Final = frozenset(
    {"confidence", "interval_low", "interval_high", *FACTORS, *(f"rest_{factor}" for factor in FACTORS)}
)
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_PARQUET_ROWS: Final = 4096  # rows of a row group: fewer compress badly, more are held longer


class ManyScorer(Protocol):
    """Whatever scores narratives together: the model, or a stand-in of its shape."""

    def score_many(self, narratives: Sequence[Narrative], /) -> list[Score]:
        """One score for each, in order."""
        ...


def score_rows(rows: Iterable[Row], scorer: ManyScorer, together: int = TOGETHER) -> Iterator[list[Result]]:
    """The result of every row, in order, in lists of at most ``together``: the contract's object, or an error."""
    rows = iter(rows)
    # Texts are checked as they come, so that those too long to score are not held until a list is full.
    while chunk := [(row.id, _check(row)) for row in islice(rows, together)]:
        scores = iter(scorer.score_many([fit for _, fit in chunk if isinstance(fit, Narrative)]))
        yield [
            next(scores).as_dict(identity)
            if isinstance(fit, Narrative)
            else {"id": identity, "error": {"code": fit.code, "detail": fit.detail}}
            for identity, fit in chunk
        ]


def _check(row: Row) -> Narrative | SignpostError:
    if row.error is not None:
        return row.error
    try:
        return Narrative.of(row.text)
    except NarrativeError as error:
        return error


def flat(result: Result) -> dict[str, Any]:
    """A result as one row of ``FLAT_COLUMNS``; what it has not is ``None``."""
    error = result.get("error")
    row: dict[str, Any] = dict.fromkeys(FLAT_COLUMNS)
    if error is not None:
        return row | {"id": result["id"], "error_code": error["code"], "error_detail": error["detail"]}
    low, high = result["interval"]
    return row | {
        "id": result["id"],
        "decision": result["decision"],
        "because_codes": ";".join(because["code"] for because in result["because"]),
        "confidence": result["confidence"],
        "interval_low": low,
        "interval_high": high,
        **result["factors"],
        "reasons": orjson.dumps(result["reasons"]).decode(),
        **{f"rest_{factor}": weight for factor, weight in result["rest"].items()},
        "model": result["model"],
        "policy": result["policy"],
    }


@contextmanager
def writing(stream: IO[bytes], form: Format) -> Iterator[Write]:
    """A function that writes results to a stream as they come."""
    match form:
        case "jsonl":
            yield lambda results: _write_jsonl(stream, results)
        case "csv":
            _write_csv(stream, [FLAT_COLUMNS])
            yield lambda results: _write_csv(stream, ([flat(r)[c] for c in FLAT_COLUMNS] for r in results))
        case "parquet":
            with _writing_parquet(stream) as write:
                yield write
    stream.flush()


def _write_jsonl(stream: IO[bytes], results: Sequence[Result]) -> None:
    # The same bytes as the service sends.
    stream.write(b"".join(orjson.dumps(result) + b"\n" for result in results))
    stream.flush()


def _write_csv(stream: IO[bytes], rows: Iterable[Sequence[Any]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([harmless(value) for value in row] for row in rows)
    stream.write(text.getvalue().encode())
    stream.flush()


def harmless(value: object) -> object:
    """A cell that a spreadsheet takes for text.

    Excel and its kin run a cell that begins like a formula, from a CSV too, and a formula can send the sheet
    elsewhere. Keys and the words of a narrative come from strangers; so such a cell gets an apostrophe in front, which
    spreadsheets read as "this is text". Numbers are ours to write, and -2.2 is no formula: they stay as they are.
    """
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def harmless_row(row: Mapping[str, object]) -> dict[str, object]:
    """The same of every cell of a row."""
    return {name: harmless(value) for name, value in row.items()}


@contextmanager
def _writing_parquet(stream: IO[bytes]) -> Iterator[Write]:
    import pyarrow as pa  # here, because it is slow to import
    from pyarrow import parquet

    # One column has one type and keys may be of several, so all are written as strings.
    schema = pa.schema([(c, pa.float64() if c in _NUMBERS else pa.string()) for c in FLAT_COLUMNS])
    held: list[dict[str, Any]] = []

    def write_held() -> None:
        file.write_table(pa.Table.from_pylist(held, schema=schema))
        held.clear()

    def write(results: Sequence[Result]) -> None:
        for result in results:
            row = flat(result)
            held.append(row | {"id": None if row["id"] is None else str(row["id"])})
        if len(held) >= _PARQUET_ROWS:
            write_held()

    with parquet.ParquetWriter(stream, schema) as file:
        yield write
        if held:
            write_held()


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that stands under its name only once it is complete; what was there stays until then."""
    path = path.resolve()  # a link keeps pointing where it does
    if path.exists() and not path.is_file():
        # A device or a pipe has no half-written state, and must not be replaced by a file.
        with path.open("wb") as stream:
            yield stream
        return
    draft = path.with_name(f".signpost-{secrets.token_hex(6)}.part")
    try:
        with draft.open("xb") as stream:
            if path.exists():
                shutil.copymode(path, draft)  # who could not read the old one cannot read the new one
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
