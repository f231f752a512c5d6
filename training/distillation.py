"""What a reader knows, for the heads: narratives without labels, judged by a model with a reader, train beside the
labelled ones (Hinton, Vinyals and Dean 2015, arXiv 1503.02531). ``python -m training.distillation MODELS`` judges them.

The narratives are those set aside, whose own labels are not read, and of each one more version: with slips of the
keyboard, or begun by it and ended by another one of its style. What the model says of a factor is a probability; the
heads learn from labels drawn with it, so that a doubtful narrative pulls both ways. What it gained stands in
docs/reader.md: nothing, so ``make run`` does without.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import orjson
import typer

from model.artefact import load
from model.factors import FACTORS
from model.labelled import LabelledNarrative
from model.scorer import Scorer
from training.corpus import DATA, read_corpus
from training.noise import TYPING, noisy
from training.trials import score_texts

SET_ASIDE: Final = DATA / "set_aside"
POOL: Final = DATA / "pool" / "judged.jsonl"
SHARE: Final = 0.5
"""Of the pool that trains: its narratives are to help the labelled ones, not to outvote them."""

_NOISES: Final = tuple(TYPING.values())
_BETWEEN_SENTENCES: Final = re.compile(r"(?<=[.!?;\n])\s+")


def unlabelled(rows: Sequence[LabelledNarrative], seed: int = 0) -> Iterator[tuple[str, str, str]]:
    """``(id, id of the narrative that it comes from, text)`` of all that is to be judged."""
    rng = np.random.default_rng(seed)
    styles: defaultdict[str, list[LabelledNarrative]] = defaultdict(list)
    for row in rows:
        styles[row.style].append(row)
    for row in rows:
        yield row.id, row.id, row.text
        if rng.random() < 1 / 2:
            text = noisy(row.text, _NOISES[int(rng.integers(len(_NOISES)))], rng)
        else:
            others = styles[row.style]
            text = _ended_by(row.text, others[int(rng.integers(len(others)))].text)
        if text is not None and text != row.text:
            yield f"{row.id}-altered", row.id, text


def judged(scorer: Scorer, rows: Sequence[LabelledNarrative], seed: int = 0) -> list[dict[str, Any]]:
    """The lines of the pool: each with its text and the calibrated probability of each factor."""
    made = list(unlabelled(rows, seed))
    scores = score_texts(scorer, [text for _, _, text in made])
    return [
        {"id": name, "of": of, "text": text, "factors": {f: round(score.factors[f], 3) for f in FACTORS}}
        for (name, of, text), score in zip(made, scores, strict=True)
    ]


def drawn(pool: Path = POOL, seed: int = 0, share: float = SHARE) -> list[LabelledNarrative]:
    """A share of the pool, each factor's label drawn with its probability; the rest of a row is its narrative's."""
    rng = np.random.default_rng(seed)
    rows = {row.id: row for row in read_corpus([SET_ASIDE])}
    found = []
    for line in pool.read_bytes().splitlines():
        one = orjson.loads(line)
        labels = {factor: bool(rng.random() < p) for factor, p in one["factors"].items()}
        if rng.random() < share:
            found.append(rows[one["of"]].model_copy(update={"id": one["id"], "text": one["text"], **labels}))
    return found


def _ended_by(text: str, other: str) -> str | None:
    first, second = (_BETWEEN_SENTENCES.split(t) for t in (text, other))
    if min(len(first), len(second)) < 2:
        return None
    return " ".join([*first[: (len(first) + 1) // 2], *second[len(second) // 2 :]])


def main(
    models: Annotated[Path, typer.Argument(help="The registry whose current model judges, or one model.")],
    output: Annotated[Path, typer.Option("--output", "-o")] = POOL,
) -> None:
    """Judge the narratives set aside and a version of each, and write the pool."""
    lines = judged(load(models), read_corpus([SET_ASIDE]))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    typer.echo(f"{len(lines)} narratives judged: {output}, {output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    typer.run(main)
