"""What to label next: narratives that the model knows least about, unlike each other, with a random share.

Uncertainty alone picks the same puzzle many times, so the uncertain ones are clustered and each cluster gives its most
uncertain (Zhdanov 2019, arXiv 1901.05954). The random share keeps estimates honest: only of those drawn at random can
one say what share of calls they stand for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import orjson
from scipy import sparse
from sklearn.cluster import MiniBatchKMeans

from model.classifier import NarrativeClassifier, read
from model.errors import NarrativeError
from model.factors import FACTORS
from model.features import Floats
from model.narrative import Narrative
from model.tables import Columns, open_table
from training.mapping import ColumnMapping

NUMBER: Final = 200
RANDOM_SHARE: Final = 0.2
_CANDIDATES: Final = 10
_TOGETHER: Final = 512


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """A narrative that nobody has labelled yet."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One to label, and why it was chosen. ``uncertainty`` is the entropy of the four factors, in bits, summed."""

    item: Unlabelled
    why: Literal["uncertain", "random"]
    uncertainty: float


def unlabelled(paths: Sequence[Path], mapping: ColumnMapping) -> Iterator[Unlabelled]:
    """The narratives of files that can be scored; labels, if any, are not looked at."""
    columns = Columns(mapping.columns["text"])
    for path in paths:
        with open_table(path, columns) as table:
            for row in table.rows:
                try:
                    Narrative.of(row.text)
                except NarrativeError:
                    continue
                if row.error is None:
                    yield Unlabelled(str(row.id), str(row.text))


def choose(
    classifier: NarrativeClassifier,
    pool: Sequence[Unlabelled],
    number: int = NUMBER,
    random_share: float = RANDOM_SHARE,
    seed: int = 0,
) -> list[Choice]:
    """So many of the pool, the random ones among the others in an order that tells nothing."""
    if not pool:
        return []
    number = min(number, len(pool))
    rng = np.random.default_rng(seed)
    features, entropy = _looked_at(classifier, [item.text for item in pool])
    at_random = set(map(int, rng.choice(len(pool), round(random_share * number), replace=False)))
    rest = [int(i) for i in np.argsort(-entropy, kind="stable") if int(i) not in at_random]
    wanted = number - len(at_random)
    chosen = [Choice(pool[i], "random", float(entropy[i])) for i in sorted(at_random)]
    if wanted:
        candidates = rest[: _CANDIDATES * wanted]
        spread = _spread(features, entropy, candidates, wanted, seed)
        chosen += [Choice(pool[i], "uncertain", float(entropy[i])) for i in spread]
    return [chosen[i] for i in rng.permutation(len(chosen))]


def _looked_at(classifier: NarrativeClassifier, texts: Sequence[str]) -> tuple[sparse.csr_matrix, Floats]:
    features, entropy = [], []
    for at in range(0, len(texts), _TOGETHER):
        some = list(texts[at : at + _TOGETHER])
        features.append(classifier.featuriser_.transform(read(some)))
        p = np.clip(classifier.predict_proba(some)[:, : len(FACTORS)], 1e-9, 1 - 1e-9)
        entropy.append(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)).sum(axis=1))
    return sparse.vstack(features, format="csr"), np.concatenate(entropy)


def _spread(
    features: sparse.csr_matrix, entropy: Floats, candidates: Sequence[int], number: int, seed: int
) -> list[int]:
    """The most uncertain of each cluster of the candidates, then the most uncertain of what is left."""
    if len(candidates) <= number:
        return list(candidates)
    clusters = MiniBatchKMeans(number, random_state=seed, n_init=1, batch_size=1024)
    label = clusters.fit_predict(features[list(candidates)], sample_weight=entropy[list(candidates)] + 1e-9)
    best: dict[int, int] = {}
    for place, i in zip(label, candidates, strict=True):  # the most uncertain come first
        best.setdefault(int(place), i)
    chosen = sorted(best.values(), key=lambda i: -entropy[i])
    taken = set(chosen)
    return (chosen + [i for i in candidates if i not in taken])[:number]


def write(choices: Sequence[Choice], path: Path) -> None:
    """In the labelling format: a row of ``data/`` whose labels are still to be given, with its provenance."""
    with path.open("wb") as file:
        for choice in choices:
            row = {
                "id": choice.item.id,
                "text": choice.item.text,
                **dict.fromkeys(FACTORS),
                # For those who count, not for those who label: a screen for labelling shows the text alone.
                "provenance": {"chosen": choice.why, "blind": choice.why == "random"},
            }
            file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
