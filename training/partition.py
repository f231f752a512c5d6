"""Who trains, who calibrates, who judges: a force's own rows split so that the figures can be believed.

Rows that share an author, a scenario, an incident or a person stand in one group, and no group is cut. Where rows are
dated, the newest groups judge and the next newest calibrate, so that the past is never tested on itself.
"""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from model.errors import DataError
from training.duplicates import near_copies
from training.intake import KEYS, Example

RULES: Final = Path(__file__).parent / "partition.toml"


@dataclass(frozen=True, slots=True)
class Partition:
    """Positions in the rows given, by part, with each row's group and what was done, in words.

    ``duplicates`` were taken out because a part that judges them holds nearly the same narrative.
    """

    training: list[int]
    calibration: list[int]
    held: list[int]
    duplicates: list[int]
    groups: list[str]
    by_time: bool
    words: list[str]

    def facts(self) -> dict[str, Any]:
        """For the report, JSON-able."""
        parts = {"training": self.training, "calibration": self.calibration, "held_out": self.held}
        return {
            "parts": {n: {"rows": len(p), "groups": len({self.groups[i] for i in p})} for n, p in parts.items()},
            "near_duplicates_taken_out": len(self.duplicates),
            "by_time": self.by_time,
            "words": self.words,
        }


def read_rules(path: Path = RULES) -> dict[str, Any]:
    """How rows are split (``partition.toml``)."""
    return tomllib.loads(path.read_text())


def partition(examples: Sequence[Example], seed: int = 0, rules: Path = RULES) -> Partition:
    """Split rows into training, calibration and held-out ones.

    Raises:
        DataError: ``rows-invalid`` when there are too few groups to split at all.
    """
    table = read_rules(rules)
    words: list[str] = []
    groups = _groups(examples, table, words)
    sizes = Counter(groups)
    if len(sizes) < table["fewest_groups"]:
        raise DataError(
            "rows-invalid",
            f"The {len(examples):,} rows make only {len(sizes)} groups that share nothing; "
            f"{table['fewest_groups']} are the least that can be split. Bring more rows, or keys that tell them apart.",
        )
    dated = sum(example.day is not None for example in examples) / len(examples)
    by_time = dated >= table["dated"]
    if by_time:
        newest = _newest(examples, groups)
        order = sorted(sizes, key=lambda g: (newest[g], _shuffled(g, seed)), reverse=True)
        words.append(
            f"By time: the newest {table['held_out']:.0%} of the rows, up to {newest[order[0]]}, judge; the "
            f"{table['calibration']:.0%} before them calibrate; the older ones train. A group counts as its newest row."
        )
    else:
        order = sorted(sizes, key=lambda g: _shuffled(g, seed))
        words.append(
            f"Not by time: {dated:.0%} of the rows carry a date, and {table['dated']:.0%} would be needed. So nothing "
            "here says how the model holds as calls change."
        )
    part = _fill(order, sizes, [("held", table["held_out"]), ("calibration", table["calibration"])], len(examples))
    places: dict[str, list[int]] = {"training": [], "calibration": [], "held": []}
    for i, group in enumerate(groups):
        places[part.get(group, "training")].append(i)
    training_groups = len({groups[i] for i in places["training"]})
    if training_groups < table["fewest_training_groups"]:
        raise DataError(
            "rows-invalid",
            f"Only {training_groups} groups would be left to train on, and {table['fewest_training_groups']} are the "
            "least: a few groups hold most of the rows. Bring more rows, or keys that tell them apart.",
        )
    return _without_copies(examples, places, groups, by_time, words)


def _groups(examples: Sequence[Example], table: dict[str, Any], words: list[str]) -> list[str]:
    """The name of each row's group, giving up the weaker keys where all together would tie too much into one."""
    present = [key for key in KEYS if any(key in example.keys for example in examples)]
    kept = list(present)
    while True:
        groups = _components(examples, kept)
        sizes = Counter(groups)
        largest = max(sizes.values()) / len(examples)
        if len(sizes) >= table["fewest_groups"] and largest <= table["largest_group"]:
            break
        given_up = next((key for key in table["give_up"] if key in kept), None)
        if given_up is None:
            break
        kept.remove(given_up)
        words.append(
            f"Rows that share only their {given_up} stand on both sides of the split: keeping them together would make "
            f"{len(sizes)} groups, the largest with {largest:.0%} of all rows. So a habit of one {given_up} can be "
            "learned and tested, and the figures are somewhat too good."
        )
    if kept:
        words.insert(0, f"No {', '.join(kept)} stands on two sides of the split ({len(set(groups)):,} groups).")
    else:
        words.insert(0, "No row says which author, scenario, incident or person it shares with another: split by row.")
    return groups


def _components(examples: Sequence[Example], keys: Sequence[str]) -> list[str]:
    """Connected components of rows over shared keys; each is named by the smallest key in it, so that its name stays
    as more rows come."""
    nodes: dict[tuple[str, str], int] = {}
    rows, columns = [], []
    for i, example in enumerate(examples):
        own = [(key, example.keys[key]) for key in keys if key in example.keys] or [("row", example.narrative.id)]
        for tie in own:
            rows.append(i)
            columns.append(nodes.setdefault(tie, len(nodes)))
    size = len(examples) + len(nodes)
    ties = np.ones(len(rows), dtype=np.int8)
    graph = sparse.coo_matrix((ties, (rows, np.array(columns) + len(examples))), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    names: dict[int, str] = {}
    for (key, value), node in nodes.items():
        component = int(label[node + len(examples)])
        spelled = f"{key} {value}"
        names[component] = min(names.get(component, spelled), spelled)
    return [names[int(component)] for component in label[: len(examples)]]


def _newest(examples: Sequence[Example], groups: Sequence[str]) -> dict[str, date]:
    """The newest day of each group; a group without any is older than all."""
    newest: dict[str, date] = {}
    for example, group in zip(examples, groups, strict=True):
        newest[group] = max(newest.get(group, date.min), example.day or date.min)
    return newest


def _shuffled(group: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}\0{group}".encode("utf-8", "replace")).hexdigest()


def _fill(
    order: Sequence[str], sizes: Counter[str], shares: Sequence[tuple[str, float]], number: int
) -> dict[str, str]:
    """Groups in order, each part filled to its share; what is left over is in none."""
    part: dict[str, str] = {}
    waiting = iter(order)
    for name, share in shares:
        rows = 0
        for group in waiting:
            part[group] = name
            rows += sizes[group]
            if rows >= share * number:
                break
    return part


def _without_copies(
    examples: Sequence[Example], places: dict[str, list[int]], groups: list[str], by_time: bool, words: list[str]
) -> Partition:
    """Take rows out of training that have a near-duplicate in calibration or among the held-out, and so on."""
    texts = [example.narrative.text for example in examples]
    held, calibration = places["held"], places["calibration"]
    kept: dict[str, list[int]] = {}
    for name, judges in (("calibration", held), ("training", held + calibration)):
        copied = near_copies([texts[i] for i in places[name]], [texts[i] for i in judges])
        kept[name] = [i for i, gone in zip(places[name], copied, strict=True) if not gone]
    staying = set(held) | set(kept["calibration"]) | set(kept["training"])
    gone = [i for i in range(len(examples)) if i not in staying]
    words.append(f"{len(gone):,} rows were taken out as near-duplicates of rows that judge.")
    return Partition(kept["training"], kept["calibration"], held, gone, groups, by_time, words)
