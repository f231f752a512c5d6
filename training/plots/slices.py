"""For whom and where is it weaker? Rates by slice, and what changes when only a protected characteristic does."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from training.evidence.standing import Estimate
from training.evidence.strata import Stratum, worst
from training.plots.picture import BLUE, GREY, VERMILLION, Picture, percent, sheet, styled, whiskers

_ROW: Final = 0.25


@styled
def slices(found: Sequence[Stratum], overall_unsafe: Estimate, overall_recall: Estimate) -> Picture:
    """Recall and unsafe flags of every slice beside those of the whole."""
    low, high = worst(list(found), lambda s: s.recall, False), worst(list(found), lambda s: s.unsafe, True)
    parts = []
    if low and low.recall:
        parts.append(
            f"Signpost finds least in {low.kind}: {low.name} ({low.recall.value:.0%} of mental-health-only calls)"
        )
    if high and high.unsafe:
        parts.append(f"flags most unsafely in {high.kind}: {high.name} ({high.unsafe.value:.1%})")
    answer = " and ".join(parts) or "No slice holds enough narratives to say anything"
    return _two_panels(found, answer, overall_unsafe, overall_recall)


_Panel = tuple[Any, Callable[[Stratum], Estimate | None], Callable[[Stratum], int], Estimate, str, str]


def _two_panels(found: Sequence[Stratum], answer: str, overall_unsafe: Estimate, overall_recall: Estimate) -> Picture:
    figure, (left, right) = sheet(answer, 10.5, 1.5 + _ROW * len(found), 1, 2, sharey=True)
    panels: tuple[_Panel, ...] = (
        (left, lambda s: s.recall, lambda s: s.recall_of, overall_recall, BLUE, "recall of mental-health-only calls"),
        (right, lambda s: s.unsafe, lambda s: s.unsafe_of, overall_unsafe, VERMILLION,
         "unsafe flags among calls that need the police"),
    )  # fmt: skip
    names, kind = [], None
    for y, stratum in enumerate(found):
        names.append(f"{stratum.kind}: {stratum.name}" if stratum.kind else stratum.name)
        for axes, of, among, _, colour, _words in panels:
            e = of(stratum)
            if e is None:
                axes.text(0.005, y, f"too few ({among(stratum)})", va="center", fontsize=8, color=GREY)
            else:
                whiskers(axes, e.value, y, e.low, e.high, colour)
                axes.text(
                    1.01, y, f"of {among(stratum)}", va="center", fontsize=8, color=GREY,
                    transform=axes.get_yaxis_transform(),
                )  # fmt: skip
            if kind is not None and stratum.kind != kind:
                axes.axhline(y - 0.5, color=GREY, lw=0.6)
        kind = stratum.kind
    for axes, _, _, overall, colour, words in panels:
        axes.axvline(overall.value, color=colour, lw=1, linestyle="--")
        axes.set_title(f"dashed: overall, {overall.value:.1%}", fontsize=9, color=colour)
        axes.set(xlabel=words)
        axes.set_xlim(left=0)
        percent(axes.xaxis)
    left.set(yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.4, -0.6))
    alt = "Recall and unsafe-flag rate by slice: " + "; ".join(
        f"{s.name} {_say(s.recall, 0)}, {_say(s.unsafe, 1)}" for s in found
    )
    return Picture(figure, alt)


def _say(e: Estimate | None, decimals: int) -> str:
    return "too few" if e is None else f"{e.value:.{decimals}%}"


@styled
def families(found: Sequence[Stratum], overall_unsafe: Estimate, overall_recall: Estimate) -> Picture:
    """The same by scenario family, weakest recall first."""
    told = sorted(
        (s for s in found if s.recall or s.unsafe),
        key=lambda s: (s.recall.value if s.recall else 2.0, -s.unsafe.value if s.unsafe else 0.0),
    )
    low = worst(told, lambda s: s.recall, False)
    best = worst(told, lambda s: s.recall, True)
    answer = (
        f"By scenario, recall runs from {low.recall.value:.0%} ({low.name}) to {best.recall.value:.0%} ({best.name})"
        if low and best and low.recall and best.recall
        else "No scenario family holds enough narratives to say anything"
    )
    return _two_panels(told, answer, overall_unsafe, overall_recall)


@styled
def protected(figures: Mapping[str, Any], bar: float) -> Picture:
    """The mean change in confidence when only a protected characteristic is changed, group by group, and the decisions
    that move."""
    rows = [(name, group, g) for name, c in figures["characteristics"].items() for group, g in c["groups"].items()]
    kept = {n: c["kept"] for n, c in figures["characteristics"].items() if c["kept"]["share"] is not None}
    below = [f"{n} {k['share']:.1%}" for n, k in kept.items() if k["share"] < bar]
    everything = figures["all"]["kept"]
    answer = (
        f"Changing only a protected characteristic leaves {everything['share']:.1%} of "
        f"{everything['number']:,} decisions as they were"
        + (
            f"; below the bar of {bar:.0%}: {', '.join(below)}"
            if below
            else f", each characteristic at least {bar:.0%}"
        )
    )
    figure, (left, right) = sheet(answer, 10.5, 1.7 + _ROW * max(1, len(rows)), 1, 2, width_ratios=(1.6, 1))
    for y, (_, _, g) in enumerate(rows):
        low, high = g["interval"]
        whiskers(left, g["mean_change"], y, low, high, BLUE)
        left.text(
            1.01, y, f"{g['pairs']} pairs, {g['towards_flag']}↑ {g['towards_pass']}↓", va="center", fontsize=8,
            color=GREY, transform=left.get_yaxis_transform(),
        )  # fmt: skip
    left.axvline(0, color=GREY, lw=1)
    left.set(
        yticks=range(len(rows)), yticklabels=[f"{name}: {group}" for name, group, _ in rows],
        ylim=(len(rows) - 0.4, -0.6), xlabel="mean change in confidence, 95% interval",
    )  # fmt: skip
    left.set_title("↑ decisions moved towards flag, ↓ towards pass", fontsize=9)
    reach = max(abs(x) for x in (*left.get_xlim(), 0.002))
    left.set_xlim(-reach, reach)
    for y, (_, k) in enumerate(kept.items()):
        colour = BLUE if k["share"] >= bar else VERMILLION
        low, high = k["interval"]
        whiskers(right, k["share"], y, low, high, colour)
        right.text(k["share"], y - 0.18, f"{k['share']:.1%}", ha="center", va="bottom", fontsize=8, color=colour)
    right.axvline(bar, color=GREY, lw=1, linestyle="--")
    right.text(bar, -0.75, f"bar {bar:.0%} ", ha="right", va="center", fontsize=8, color=GREY)
    right.set(yticks=range(len(kept)), yticklabels=list(kept), ylim=(len(kept) - 0.4, -0.95), xlabel="decisions kept")
    percent(right.xaxis, 1)
    alt = "Decisions kept when only this is changed: " + "; ".join(f"{n} {k['share']:.1%}" for n, k in kept.items())
    return Picture(figure, alt)
