"""Would more narratives help?"""

import numpy as np

from training.evidence.learning import LearningCurve
from training.plots.picture import BLUE, GREY, Picture, percent, sheet, styled


@styled
def learning(found: LearningCurve) -> Picture:
    """Misses at 2% unsafe flags over the number of narratives trained on, with the power law that fits them."""
    gain = found.misses[-2] - found.misses[-1]
    answer = (
        f"More narratives would help: the last step, from {found.sizes[-2]:,} to {found.sizes[-1]:,}, still took "
        f"{100 * gain:.1f} points off the misses"
        if gain > 0.01
        else "More narratives of this kind would help little: the last step changed the misses by "
        f"{-100 * gain:+.1f} points"
    )
    figure, axes = sheet(answer, 8.5, 4.2)
    sizes, misses = np.array(found.sizes), np.array(found.misses)
    more = np.geomspace(sizes[0], 2 * sizes[-1], 50)
    line = np.exp(found.intercept) * more**found.slope
    axes.plot(more[more <= sizes[-1]], line[more <= sizes[-1]], color=GREY, lw=1, linestyle="--")
    axes.plot(more[more > sizes[-1]], line[more > sizes[-1]], color=GREY, lw=1, linestyle=":")
    axes.plot(sizes, misses, "o", color=BLUE, markersize=7)
    for size, miss in zip(sizes, misses, strict=True):
        axes.annotate(f"{miss:.0%}", (size, miss), xytext=(7, 6), textcoords="offset points", color=BLUE, fontsize=9)
    axes.set(xscale="log", yscale="log", xlabel="narratives trained on (log scale)",
             ylabel="mental-health-only calls missed\nat 2% unsafe flags")  # fmt: skip
    axes.set_xticks(sizes, [f"{s:,}" for s in sizes])
    axes.set_yticks((0.2, 0.3, 0.4, 0.5, 0.6, 0.8))
    axes.minorticks_off()
    percent(axes.yaxis)
    points = "; ".join(f"{s:,}: {m:.0%}" for s, m in zip(sizes, misses, strict=True))
    return Picture(figure, f"Misses by number of narratives trained on: {points}.")
