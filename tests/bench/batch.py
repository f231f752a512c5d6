"""Narratives a second on one core: ``signpost score`` on a JSON Lines file, beside bare tokenisation and what somebody
would use instead, on the same text.

``python -m tests.bench.batch [--quick] [--models FOLDER]``. The text is the corpus drawn again with typing noise. The
start of ``signpost score`` is shown by itself; reading the file, reasons and writing are in its figure, and in none of
the others'.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import orjson
import spacy
from pyarrow import parquet
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_union

from tests.bench.measurement import Options, Spread, in_turns, machine, markdown, ratios
from training import heavy
from training.baselines import logistic_heads
from training.corpus import NARRATIVES, read_corpus
from training.fitting import label_matrix
from training.scale import resample
from training.splits import read_splits

OURS: Final = "`signpost score`"
TFIDF: Final = "scikit-learn, TF-IDF of words and letters"
MINILM: Final = "MiniLM, logistic regression"
TOGETHER: Final = 256
_FEW: Final = 400  # narratives that those are trained on whose speed does not depend on how many there were

Way = Callable[[Sequence[str]], object]


def tokeniser() -> Way:
    """spaCy's tokeniser and nothing else; a new one each time, which remembers no word yet, as in a new process."""
    nlp = spacy.blank("en")
    return lambda texts: [None for _ in nlp.pipe(texts, batch_size=TOGETHER)]


def tfidf(training: Sequence[str], labels: Sequence[Sequence[bool]]) -> Way:
    """Words and their pairs, letters, four logistic regressions: scikit-learn's own."""
    vectoriser = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2),
    )
    heads = logistic_heads(vectoriser.fit_transform(training), labels)

    def score(texts: Sequence[str]) -> None:
        for at in range(0, len(texts), TOGETHER):
            inside = vectoriser.transform(texts[at : at + TOGETHER])
            for head in heads:
                head.predict_proba(inside)

    return score


def others(quick: bool) -> tuple[dict[str, Callable[[], Way]], list[str]]:
    """What makes the ways to compare with, by name; and those that cannot be, as they are not installed."""
    splits = read_splits()
    rows = [row for row in read_corpus([NARRATIVES]) if row.author in splits.training]
    rows = rows[:_FEW] if quick else rows
    texts, labels = [row.text for row in rows], label_matrix(rows)
    few, theirs = texts[:_FEW], labels[:_FEW]
    made = {TFIDF: tfidf(texts, labels), "spaCy's text categoriser": heavy.spacy_categoriser(few, theirs).logits}
    missing = []
    try:
        made[MINILM] = heavy.sentence_embedding(few, theirs).logits
    except ImportError:  # PackageNotFoundError is one
        missing = [MINILM]
    return {"spaCy's tokeniser alone": tokeniser} | {name: lambda way=way: way for name, way in made.items()}, missing


def command(table: Path, models: Path) -> float:
    """Processor seconds of the whole command."""
    scores = table.with_suffix(".scores")
    arguments = ["-m", "signpost", "score", str(table), "-o", str(scores), "--models", str(models)]
    process = subprocess.Popen([sys.executable, *arguments], env=os.environ | {"OMP_NUM_THREADS": "1"})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"signpost score ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


def seconds(make: Callable[[], Way], texts: Sequence[str]) -> float:
    """Processor seconds a narrative of one way, once it is made."""
    way = make()
    began = time.process_time()
    way(texts)
    return (time.process_time() - began) / len(texts)


def main(arguments: list[str] | None = None) -> int:
    """Run it by hand."""
    options = Options.of(__doc__, arguments)
    quick = options.quick
    number, repeats = (300, 1) if quick else (3_000, 5)
    ways, missing = others(quick)
    with tempfile.TemporaryDirectory() as folder:
        resample(number, Path(folder) / "calls")
        (part,) = (Path(folder) / "calls").iterdir()
        calls = parquet.read_table(part).to_pylist()
        texts = [row["text"] for row in calls]
        many, one = Path(folder) / "many.jsonl", Path(folder) / "one.jsonl"
        many.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in calls))
        one.write_bytes(orjson.dumps(calls[0]) + b"\n")
        work: dict[str, Callable[[], float]] = {
            "start": lambda: command(one, options.models),
            OURS: lambda: command(many, options.models),
        }
        for name, make in ways.items():
            some = texts[: number // 10] if name == MINILM else texts  # it takes ten times as long
            work[name] = lambda make=make, some=some: seconds(make, some)
        turns = in_turns(work, repeats)
    starts = turns.pop("start")
    turns[OURS] = [(whole - start) / (number - 1) for whole, start in zip(turns[OURS], starts, strict=True)]
    words = sum(len(text.split()) for text in texts) / number
    print(f"{number:,} narratives of {words:.0f} words, one core; median (least to most); {machine()}\n")
    rows = [
        [
            name,
            Spread.of(found).shown(".3f", 1000),
            f"{1 / Spread.of(found).median:,.0f}",
            "" if name == OURS else ratios(found, turns[OURS]).shown(".2f"),
        ]
        for name, found in turns.items()
    ]
    rows += [[name, "not installed", "", ""] for name in missing]
    print(
        markdown(["way", "processor ms a narrative", "narratives/s", "`signpost score` is so many times as fast"], rows)
    )
    print(f"\nThe start of `signpost score`: {Spread.of(starts).shown('.1f')} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
