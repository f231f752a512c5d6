"""A figure with its title and what a reader who cannot see it is told."""

import io
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

STYLE: Final = Path(__file__).parent / "evidence.mplstyle"

BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
)  # fmt: skip
GREY: Final = "#707070"

styled = rc_context(fname=STYLE)
"""Decorates every function that draws: the style holds inside it and nowhere else."""

_INCH: Final = 9.6
"""Characters of a title that fit into an inch."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure, titled with its answer. ``alt`` says in words what it shows."""

    figure: Figure
    alt: str

    def png(self) -> bytes:
        """As PNG, with nothing in it that differs from run to run."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()

    def svg(self) -> str:
        """As SVG, the same from run to run; the words are drawn, so that no font is needed to read them."""
        buffer = io.StringIO()
        with rc_context(fname=STYLE):  # the salt of the ids must be set while it is written
            self.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        return buffer.getvalue()

    def save(self, path: Path) -> None:
        """Write the PNG, making its folder."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.png())

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"image/png": self.png(), "text/plain": self.alt}, {"image/png": {"alt": self.alt}}


def sheet(answer: str, width: float, height: float, rows: int = 1, columns: int = 1, **grid: Any) -> tuple[Figure, Any]:
    """A figure of the given inches, titled with the answer, and its axes as ``Figure.subplots`` gives them."""
    figure = Figure(figsize=(width, height))
    figure.suptitle(
        textwrap.fill(answer, int(width * _INCH), break_on_hyphens=False),
        x=0.01,
        ha="left",
        fontsize=12,
        fontweight="bold",
        color=BLACK,
    )
    return figure, figure.subplots(rows, columns, **grid)


def percent(axis: Any, decimals: int = 0) -> None:
    """Ticks of an axis as percentages."""
    axis.set_major_formatter(PercentFormatter(1.0, decimals=decimals))


def whiskers(axes: Axes, x: float, y: float, low: float, high: float, colour: str, marker: str = "o") -> None:
    """A mark with its horizontal interval."""
    axes.plot([low, high], [y, y], color=colour, linewidth=2, alpha=0.55, solid_capstyle="butt")
    axes.plot([x], [y], marker, color=colour, markersize=6, markeredgecolor="white", markeredgewidth=0.7)
