"""The learning curve as it was measured last (``make curve``): it takes too long to measure for every reader."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import orjson
from pydantic import TypeAdapter

from training.evidence.standing import MEASURED

CURVE: Final = MEASURED / "curve.json"


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """``misses`` of mental-health-only narratives at 2% unsafe flags and ``auroc``, one a size; ``measured`` says on
    what."""

    sizes: list[int]
    auroc: list[float]
    misses: list[float]
    measured: str

    @property
    def slope(self) -> float:
        """The power of the number of narratives that the misses fall with."""
        return self._line()[0]

    @property
    def intercept(self) -> float:
        """The line's height where one narrative would stand, as a logarithm."""
        return self._line()[1]

    def _line(self) -> tuple[float, float]:
        slope, intercept = np.polyfit(np.log(self.sizes), np.log(self.misses), 1)
        return float(slope), float(intercept)


def keep_curve(curve: LearningCurve, path: Path = CURVE) -> None:
    """Write a curve down."""
    path.write_bytes(orjson.dumps(asdict(curve), option=orjson.OPT_INDENT_2) + b"\n")


def kept_curve(path: Path = CURVE) -> LearningCurve | None:
    """The curve measured last, or ``None``."""
    return TypeAdapter(LearningCurve).validate_json(path.read_bytes()) if path.is_file() else None
