"""What many scores have in common, as counts alone: no text, no key, nothing of any one call.

The artefact carries the profile of its calibration part and the service keeps one a day; drift is the difference.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from model.factors import FACTORS
from model.score import Observation

FORMAT: Final = 1
"""Changes with the bins: profiles of different formats do not compare."""

_TENTHS: Final = tuple(i / 10 for i in range(1, 10))
EDGES: Final[Mapping[str, tuple[float, ...]]] = {
    "confidence": _TENTHS,
    **dict.fromkeys(FACTORS, _TENTHS),
    "length": (5, 10, 20, 30, 45, 60, 80, 110, 150, 250, 500),
    "unknown": (0.001, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5),
}
"""Where the bins of each statistic part; an edge belongs to the bin above it. ``length`` counts words, ``unknown`` is
the share of them never met in training."""

DECISIONS: Final = ("flag", "review", "pass")


@dataclass(frozen=True, slots=True)
class Profile:
    """Counts of narratives: by bin of each statistic, by decision (while flagging was paused, none), by kind of cue
    asserted as present."""

    narratives: int = 0
    histograms: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: _nothing())
    decisions: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(DECISIONS, 0))
    cues: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, observations: Iterable[Observation]) -> Self:
        """The profile of some scores."""
        counts = {name: [0] * (len(edges) + 1) for name, edges in EDGES.items()}
        decisions: Counter[str] = Counter()
        cues: Counter[str] = Counter()
        number = 0
        for seen in observations:
            number += 1
            values = (seen.confidence, *seen.factors, seen.words, seen.unknown)
            for (name, edges), value in zip(EDGES.items(), values, strict=True):
                counts[name][bisect_right(edges, value)] += 1
            if seen.decision is not None:
                decisions[seen.decision] += 1
            cues.update(seen.cues)
        return cls(
            narratives=number,
            histograms={name: tuple(bins) for name, bins in counts.items()},
            decisions={name: decisions[name] for name in DECISIONS},
            cues=dict(sorted(cues.items())),
        )

    def merged(self, other: Self) -> Self:
        """The profile of both together."""
        cues = Counter(self.cues)
        cues.update(other.cues)
        return type(self)(
            narratives=self.narratives + other.narratives,
            histograms={
                name: tuple(a + b for a, b in zip(bins, other.histograms[name], strict=True))
                for name, bins in self.histograms.items()
            },
            decisions={name: self.decisions[name] + other.decisions[name] for name in DECISIONS},
            cues=dict(sorted(cues.items())),
        )

    def as_dict(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return {
            "format": FORMAT,
            "narratives": self.narratives,
            "histograms": {name: list(bins) for name, bins in self.histograms.items()},
            "decisions": dict(self.decisions),
            "cues": dict(self.cues),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The profile that ``as_dict`` gave.

        Raises:
            ValueError: it is no profile, or one of another format.
        """
        try:
            profile = cls(
                narratives=_count(value["narratives"]),
                histograms={name: tuple(map(_count, value["histograms"][name])) for name in EDGES},
                decisions={name: _count(value["decisions"][name]) for name in DECISIONS},
                cues={str(name): _count(count) for name, count in dict(value["cues"]).items()},
            )
            same = value["format"] == FORMAT and all(
                len(profile.histograms[name]) == len(edges) + 1 for name, edges in EDGES.items()
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no profile: {type(error).__name__}") from None
        if not same:
            raise ValueError("a profile of another format")
        return profile


def _nothing() -> dict[str, tuple[int, ...]]:
    return {name: (0,) * (len(edges) + 1) for name, edges in EDGES.items()}


def _count(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise TypeError
    return value
