"""What can it not do? The behavioural suite, capability by capability."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from training.plots.picture import GREY, Picture, sheet, styled

_COLUMNS: Final = (
    ("groups held", "held", False),
    ("need the police:\nnot flagged", "unsafe_flags", True),
    ("MH only:\nnot passed", "passed", True),
    ("MH only:\nflagged", "flagged", False),
    ("all factors\nright", "consistent", False),
)
# One hue, so that it prints in grey; the number stands in every cell.
_COLOURS: Final = LinearSegmentedColormap.from_list("held", ["#FFFFFF", "#E8F1F8", "#6FAFD6"])


@styled
def capabilities(figures: Mapping[str, Any]) -> Picture:
    """A heat map of shares over capabilities, worst held first, then what noise leaves as it was."""
    contrast = {n: c for n, c in figures["contrast"].items() if n != "all"}
    names = sorted(contrast, key=lambda n: (contrast[n]["held"]["share"], n))
    whole = figures["contrast"]["all"]["held"]
    noise = {**figures["noise"]["typing"]["kinds"], **figures["noise"]["shorthand"]["kinds"]}
    noisy = sorted(noise, key=lambda n: _share(noise[n]["kept"]))
    shakiest = (
        f"; most unsettled by {noisy[0]} ({noise[noisy[0]]['kept']['share']:.0%} of decisions kept)" if noisy else ""
    )
    answer = (
        f"{whole['share']:.0%} of {whole['number']} groups of minimal edits hold, fewest in {names[0]} "
        f"({contrast[names[0]]['held']['share']:.0%}){shakiest}"
    )
    rows = max(len(names), len(noisy))
    figure, (left, right) = sheet(answer, 10.5, 2 + 0.33 * rows, 1, 2, width_ratios=(5, 2.2))
    _cells(
        left,
        [f"{n.replace('-', ' ').replace('_', ' ')} ({contrast[n]['groups']})" for n in names],
        [words for words, _, _ in _COLUMNS],
        np.array([[_share(contrast[n][key], turned) for _, key, turned in _COLUMNS] for n in names]),
    )
    left.set_title("Contrast sets (groups)", pad=34)
    _cells(
        right,
        [f"{n.replace('-', ' ').replace('_', ' ')} ({noise[n]['kept']['number']:,})" for n in noisy],
        ["decision\nkept", "not moved\nto flag"],
        np.array([[_share(noise[n]["kept"]), _share(noise[n]["moved_to_flag"], True)] for n in noisy]),
    )
    right.set_title("Noise (narratives)", pad=34)
    alt = "Groups of minimal edits that hold: " + "; ".join(f"{n} {contrast[n]['held']['share']:.0%}" for n in names)
    return Picture(figure, alt)


def _share(found: Mapping[str, Any], turned: bool = False) -> float:
    if found["share"] is None:
        return float("nan")
    return 1 - found["share"] if turned else float(found["share"])


def _cells(axes: Any, rows: list[str], columns: list[str], values: np.ndarray) -> None:
    axes.grid(False)
    axes.imshow(values, cmap=_COLOURS, vmin=0, vmax=1, aspect="auto")
    for (y, x), value in np.ndenumerate(values):
        words = "–" if np.isnan(value) else f"{value:.0%}" if value < 0.995 or value == 1 else f"{value:.1%}"
        axes.text(x, y, words, ha="center", va="center", fontsize=9)
    axes.set_xticks(range(len(columns)), columns, fontsize=8.5)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_facecolor(GREY)
