"""Does Signpost tell mental-health-only calls from others better than what somebody would use instead?"""

from collections.abc import Sequence
from typing import Final

from training.evidence.standing import GRID, Standing
from training.plots.picture import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    VERMILLION,
    Picture,
    percent,
    sheet,
    styled,
    whiskers,
)

_LOOKS: Final = (
    (BLUE, "-", "o"), (VERMILLION, "--", "s"), (GREEN, "-.", "^"), (GREY, ":", "v"), (PURPLE, (0, (5, 1)), "D"),
    (ORANGE, (0, (3, 1, 1, 1)), "P"), (BLACK, (0, (1, 1)), "X"),
)  # fmt: skip


@styled
def ranking(standings: Sequence[Standing]) -> Picture:
    """Precision against recall, hits against false alarms, and the average precision of each, with 95% intervals."""
    ours, *others = standings
    best = max(others, key=lambda s: s.average_precision.value)
    ahead = ours.average_precision.low > best.average_precision.high
    lead = ours.average_precision.value - best.average_precision.value
    answer = (
        f"Signpost ranks mental-health-only calls better than every baseline: average precision "
        f"{ours.average_precision.value:.3f} against {best.average_precision.value:.3f} ({best.name})"
        if lead > 0
        else f"Signpost ranks no better than {best.name}: average precision {ours.average_precision.value:.3f} against "
        f"{best.average_precision.value:.3f}"
    ) + ("" if ahead else "; the intervals overlap")
    figure, (precision, roc, points) = sheet(answer, 11.5, 4.6, 1, 3, width_ratios=(1, 1, 1.15))
    # The last drawn lies on top, and that should be Signpost.
    for standing, (colour, dash, _) in reversed(list(zip(standings, _LOOKS, strict=False))):
        first = standing is ours
        width, order = (2.6, 5) if first else (1.3, 3)
        precision.plot(GRID[1:], standing.precision.middle[1:], color=colour, linestyle=dash, lw=width, zorder=order)
        roc.plot(GRID, standing.hits.middle, color=colour, linestyle=dash, lw=width, zorder=order)
        if first:
            precision.fill_between(
                GRID[1:], standing.precision.low[1:], standing.precision.high[1:], color=colour, alpha=0.18, lw=0
            )
            roc.fill_between(GRID, standing.hits.low, standing.hits.high, color=colour, alpha=0.18, lw=0)
    ordered = sorted(standings, key=lambda s: s.average_precision.value)
    for y, standing in enumerate(ordered):
        colour, dash, marker = _LOOKS[list(standings).index(standing)]
        e = standing.average_precision
        points.plot(
            [-0.13, -0.02], [y, y], color=colour, linestyle=dash, lw=2, transform=points.get_yaxis_transform(),
            clip_on=False,
        )  # fmt: skip
        whiskers(points, e.value, y, e.low, e.high, colour, marker)
        points.text(e.value, y + 0.17, f"{e.value:.3f}", ha="center", va="bottom", fontsize=8, color=colour)
    points.set(
        yticks=range(len(ordered)), yticklabels=[s.name for s in ordered], xlabel="average precision, 95% interval"
    )
    points.tick_params(axis="y", length=0, pad=38)
    points.set_ylim(-0.5, len(ordered) - 0.3)
    precision.set(xlabel="recall of mental-health-only calls", ylabel="precision", xlim=(0, 1), ylim=(0, 1.01))
    roc.set(xlabel="false alarms among all other calls", ylabel="recall", xlim=(0, 1), ylim=(0, 1.01))
    precision.set_title("Precision and recall")
    roc.set_title("ROC")
    points.set_title("Area under precision–recall")
    for axes in (precision, roc):
        percent(axes.xaxis)
        percent(axes.yaxis)
    alt = "Precision–recall and ROC curves. Average precision, AUROC: " + "; ".join(
        f"{s.name} {s.average_precision:.3f}, {s.auroc:.3f}" for s in standings
    )
    return Picture(figure, alt)


@styled
def speed_and_size(standings: Sequence[Standing]) -> Picture:
    """What better answers cost: recall at the certified threshold against narratives a second, marks as large as the
    model is on disk."""
    ours = standings[0]
    quicker = [s for s in standings[1:] if s.per_second > ours.per_second]
    better = [s for s in standings[1:] if s.recall.value > ours.recall.value]
    answer = (
        f"At {ours.per_second:,.0f} narratives a second of one core, reasons included, Signpost "
        f"finds {ours.recall.value:.0%} at its certified threshold. "
        f"Quicker: {_named(quicker)}. Finding more: {_named(better)}"
    )
    figure, axes = sheet(answer, 9, 4.6)
    for standing, (colour, _, marker) in zip(standings, _LOOKS, strict=False):
        e, size = standing.recall, 40 + 60 * (standing.stored / 1e6) ** 0.5
        axes.plot([standing.per_second] * 2, [e.low, e.high], color=colour, lw=1.5, alpha=0.5)
        axes.scatter([standing.per_second], [e.value], s=size, color=colour, marker=marker, edgecolor="white", zorder=4)
        axes.annotate(
            f"{standing.name}\n{_bytes(standing.stored)}, unsafe {standing.unsafe.value:.1%}",
            (standing.per_second, e.value), xytext=(12, 0), textcoords="offset points", fontsize=8.5, va="center",
        )  # fmt: skip
    axes.set(
        xscale="log",
        xlabel="narratives a second of one core (log scale)",
        ylabel="recall at the threshold certified at 2%",
    )
    low, high = axes.get_xlim()
    axes.set_xlim(low / 1.3, high * 4)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(bottom=min(-0.03, axes.get_ylim()[0]))
    percent(axes.yaxis)
    alt = "Recall against speed. " + "; ".join(
        f"{s.name}: recall {s.recall:.0%}, {s.per_second:,.0f} a second, {_bytes(s.stored)}" for s in standings
    )
    return Picture(figure, alt)


def _named(standings: Sequence[Standing]) -> str:
    names = [s.name for s in standings]
    return "none" if not names else names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" and {names[-1]}"


def _bytes(number: int) -> str:
    return f"{number / 1e6:,.1f} MB" if number >= 1e5 else f"{number / 1e3:,.1f} kB"
