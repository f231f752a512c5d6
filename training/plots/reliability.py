"""Does a confidence mean what it says?"""

from collections.abc import Sequence

import numpy as np

from training.evidence.reliability import BINS, Reliability
from training.plots.picture import BLUE, GREY, SKY, Picture, percent, sheet, styled


@styled
def reliability(found: Sequence[Reliability]) -> Picture:
    """Frequency against confidence for each factor and the derived class, with the number of narratives below."""
    derived = found[-1]
    farthest = max(found, key=lambda r: r.ece.value)
    answer = (
        f"A confidence is off by {derived.ece.value:.1%} on average for mental-health-only "
        f"({derived.ece.low:.1%} to {derived.ece.high:.1%})"
    ) + (
        ", and by less for every factor"
        if farthest is derived
        else f", and by {farthest.ece.value:.1%} at the most ({farthest.name.replace('_', ' ')})"
    )
    figure, axes = sheet(
        answer, 11.5, 4.3, 2, len(found), height_ratios=(3, 1), sharex=True, sharey="row", squeeze=False
    )
    edges = np.linspace(0, 1, BINS + 1)
    for k, one in enumerate(found):
        upper, lower = axes[0, k], axes[1, k]
        confidence, frequency, low, high, _ = one.bins.T
        upper.plot([0, 1], [0, 1], color=GREY, lw=1, linestyle="--")
        upper.vlines(confidence, low, high, color=BLUE, alpha=0.5, lw=2)
        upper.plot(confidence, frequency, "o-", color=BLUE, markersize=4.5, lw=1.2)
        upper.set_title(f"{one.name.replace('_', ' ')}\nmean gap {one.ece.value:.1%}")
        lower.bar(edges[:-1], one.counts, width=0.1, align="edge", color=SKY, edgecolor="white", lw=0.5)
        lower.set_xlabel("confidence")
        lower.set(xlim=(0, 1), xticks=(0, 0.5, 1))
        percent(lower.xaxis)
    axes[0, 0].set(ylabel="really so", ylim=(0, 1.02))
    percent(axes[0, 0].yaxis)
    axes[1, 0].set_ylabel("narratives")
    alt = "Reliability diagrams. Mean gap between confidence and frequency: " + "; ".join(
        f"{r.name.replace('_', ' ')} {r.ece:.1%}" for r in found
    )
    return Picture(figure, alt)
