"""What the benches share: repeats in turns, so that what else the machine does falls on all alike, and Markdown tables
that say how far the repeats lie apart."""

import argparse
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of repeated measurements, with the least and the most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Of one or more values."""
        return cls(statistics.median(values), min(values), max(values))

    def shown(self, form: str, times: float = 1.0) -> str:
        """``3.1 (2.9 to 3.4)``, each value in a format such as ``.1f`` and multiplied for its unit."""
        median, least, most = (format(value * times, form) for value in (self.median, self.least, self.most))
        return f"{median} ({least} to {most})"


def in_turns(ways: Mapping[str, Callable[[], T]], repeats: int) -> dict[str, list[T]]:
    """What each way gives, repeated: all of them once, then all again."""
    found: dict[str, list[T]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            found[name].append(way())
    return found


def ratios(above: Sequence[float], below: Sequence[float]) -> Spread:
    """One measurement by another of the same turn."""
    return Spread.of([a / b for a, b in zip(above, below, strict=True)])


def markdown(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def machine() -> str:
    """What measured."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


@dataclass(frozen=True, slots=True)
class Options:
    """What a bench is told: the smallest size, and whose model."""

    quick: bool
    models: Path

    @classmethod
    def of(cls, description: str | None, arguments: Sequence[str] | None) -> Self:
        """From the command line of a bench, or from ``arguments``."""
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("--quick", action="store_true", help="The smallest size: its figures say little.")
        parser.add_argument("--models", type=Path, default=Path("var/models"), help="A registry, or one model.")
        return cls(**vars(parser.parse_args(arguments)))
