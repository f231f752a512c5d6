"""What would it mean for a force, and at which unsafe-flag rate would we switch it off?"""

from collections.abc import Sequence

import numpy as np

from training.evidence.demand import HARMS, Demand, Published
from training.evidence.true_share import TrueShare
from training.plots.picture import BLACK, BLUE, GREEN, GREY, VERMILLION, Picture, percent, sheet, styled, whiskers

_MONTHS = 12


@styled
def year(found: Demand, published: Sequence[Published]) -> Picture:
    """A year of flagging in ranges, and officer hours a month beside those that were published."""
    o = found.outcomes
    hours, uncaught = o["officer hours that could be redirected"], o["unsafe flags that the reviewer does not catch"]
    answer = (
        f"In a year {hours.low:,.0f} to {hours.high:,.0f} officer hours could be redirected, at the price of "
        f"{uncaught.low:,.0f} to {uncaught.high:,.0f} unsafe flags that nobody catches"
    )
    figure, (left, right) = sheet(answer, 11.5, 3.9, 1, 2)
    for y, (words, r) in enumerate(o.items()):
        colour = VERMILLION if words.startswith("unsafe") else BLUE
        whiskers(left, r.middle, y, r.low, r.high, colour)
        left.text(
            r.middle, y - 0.2, f"{r.low:,.0f} to {r.high:,.0f}", ha="center", va="bottom", fontsize=8.5, color=colour
        )
    left.set(xscale="log", yticks=range(len(o)), yticklabels=list(o), ylim=(len(o) - 0.5, -0.8))
    left.set_xlabel("in a year (log scale), 95% of simulated years")
    ours = ("Signpost's simulated force", hours.middle / _MONTHS, hours.low / _MONTHS, hours.high / _MONTHS)
    whiskers(right, ours[1], 0, ours[2], ours[3], BLUE)
    right.text(ours[1], -0.2, f"{ours[2]:,.0f} to {ours[3]:,.0f}", ha="center", va="bottom", fontsize=8.5, color=BLUE)
    for y, one in enumerate(published, start=1):
        right.plot([one.value], [y], "D", color=BLACK, markersize=6)
        right.text(one.value, y - 0.2, f"{one.value:,.0f}", ha="center", va="bottom", fontsize=8.5)
    names = [ours[0], *(p.what.removeprefix("officer hours freed a month, ").split(" (")[0] for p in published)]
    right.set(xscale="log", yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.5, -0.8))
    right.set_xlabel("officer hours a month (log scale)")
    left.set_xlim(right=1.5 * left.get_xlim()[1])
    right.set_xlim(right=2 * right.get_xlim()[1])
    for axes in (left, right):
        axes.xaxis.set_major_formatter("{x:,.0f}")
    left.set_title("A year of flagging")
    right.set_title("Beside hours that forces say were freed")
    return Picture(figure, "A simulated year: " + "; ".join(f"{w} {r:,.0f}" for w, r in o.items()))


@styled
def break_even(found: Demand) -> Picture:
    """The unsafe-flag rate at which the harm outweighs the hours, over what one uncaught unsafe flag weighs."""
    weight, rate = found.weight_at_rate, found.unsafe_rate
    answer = (
        f"At the measured rate, flagging stops being worth it once an uncaught unsafe flag weighs more than "
        f"{weight.middle:,.0f} officer hours ({weight.low:,.0f} to {weight.high:,.0f})"
    )
    figure, axes = sheet(answer, 9.5, 4.6)
    middle, low, high = found.break_even.T
    axes.fill_between(HARMS, low, high, color=BLACK, alpha=0.12, lw=0)
    axes.plot(HARMS, middle, color=BLACK)
    axes.axhspan(rate.low, rate.high, color=VERMILLION, alpha=0.18, lw=0)
    axes.axhline(rate.middle, color=VERMILLION, lw=1.4, linestyle="--")
    axes.set(
        xscale="log", yscale="log", xlim=(HARMS[0], HARMS[-1]), ylim=(1e-4, 1),
        xlabel="what one unsafe flag that nobody catches weighs, in officer hours (a judgement, not a measurement)",
        ylabel="unsafe flags among calls\nthat need the police",
    )  # fmt: skip
    axes.text(HARMS[0] * 1.15, rate.low * 0.92, f"measured here: {rate:.1%}", color=VERMILLION, fontsize=9, va="top")
    axes.text(
        0.97, 0.93, "above the line: switch it off", transform=axes.transAxes, ha="right", va="top", fontweight="bold"
    )
    axes.text(
        0.03, 0.05, "below the line: worth it", transform=axes.transAxes, ha="left", va="bottom", fontweight="bold"
    )
    axes.yaxis.set_major_formatter(lambda v, _: f"{100 * v:g}%")
    axes.xaxis.set_major_formatter(lambda v, _: f"{v:,.0f}")
    points = "; ".join(f"{HARMS[k]:,.0f} hours: {middle[k]:.2%}" for k in np.linspace(0, len(HARMS) - 1, 5).astype(int))
    return Picture(figure, f"Break-even unsafe-flag rate by the weight of an uncaught unsafe flag: {points}.")


@styled
def true_share(found: TrueShare) -> Picture:
    """Estimates of the share of mental-health-only calls beside the truth."""
    narrower = 1 - found.width_ratio
    answer = (
        f"With {found.labelled} labels and {found.calls - found.labelled:,} scored calls, the interval for the true "
        f"share held it {found.powered_held:.0%} of the time and was {abs(narrower):.0%} "
        f"{'narrower' if narrower >= 0 else 'wider'} than from the labels alone"
    )
    figure, axes = sheet(answer, 9.5, 2.9)
    p, c = found.powered, found.classical
    whiskers(axes, p.value, 0, p.low, p.high, BLUE)
    whiskers(axes, c.value, 1, c.low, c.high, GREEN, "s")
    axes.plot([found.corrected], [2], "D", color=BLACK)
    axes.plot([found.naive], [3], "X", color=VERMILLION)
    axes.axvline(found.share, color=GREY, lw=1.2, linestyle="--")
    axes.text(found.share, -0.75, f" truth {found.share:.1%}", color=GREY, fontsize=9, va="center")
    for y, (value, words) in enumerate(
        ((p.value, f"{p:.1%}"), (c.value, f"{c:.1%}"), (found.corrected, f"{found.corrected:.1%} (no interval)"),
         (found.naive, f"{found.naive:.1%} (wrong where prevalence differs)"))
    ):  # fmt: skip
        axes.annotate(words, (value, y), xytext=(4, 7), textcoords="offset points", ha="left", fontsize=8.5)
    axes.set(
        yticks=range(4), ylim=(3.5, -1.1), xlabel="share of calls that are mental health only",
        yticklabels=["labels and scores (prediction-powered)", "labels alone", "scores, prior-shift correction",
                     "mean confidence"],
    )  # fmt: skip
    axes.set_xlim(left=0)
    right = axes.get_xlim()[1]
    axes.set_xlim(0, right * 1.65)
    percent(axes.xaxis)
    return Picture(figure, f"{answer}. One sample: {p:.1%}; labels alone {c:.1%}; truth {found.share:.1%}.")
