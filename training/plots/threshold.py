"""Is the threshold safe, what does it cost, and what is a flag worth where such calls are rare?"""

from training.evidence.tradeoff import PrecisionAtPrevalence, Tradeoff
from training.plots.picture import BLACK, BLUE, GREY, VERMILLION, Picture, percent, sheet, styled


@styled
def tradeoff(found: Tradeoff) -> Picture:
    """Unsafe flags against recall and against what is left for review, with the chosen point and the certificate."""
    if not found.flagging:
        figure, axes = sheet("No threshold could be certified, so Signpost flags nothing", 9, 2)
        axes.axis("off")
        return Picture(figure, "No threshold could be certified: there is nothing to draw.")
    at, within = found.chosen_unsafe, found.chosen_unsafe.value <= found.bar
    answer = (
        f"{found.unsafe_flags} of {found.police:,} calls that need the police are flagged, {at:.1%}: "
        + ("within" if within else "more than")
        + f" the certified {found.bar:.0%}"
        + ("" if found.bound <= found.bar else f", though these narratives alone allow up to {found.bound:.1%}")
    )
    figure, (left, right) = sheet(answer, 10.5, 4.6, 1, 2, sharey=True)
    for axes, other, chosen, words in (
        (left, found.recall, found.chosen_recall, "recall of mental-health-only calls"),
        (right, found.review, found.chosen_review, "share of all calls left for review"),
    ):
        axes.axhspan(0, found.bar, color=BLUE, alpha=0.08, lw=0)
        axes.axhline(found.bar, color=BLUE, lw=1.2, linestyle="--")
        axes.plot(other[:, 0], found.unsafe[:, 0], color=BLACK)
        axes.fill_between(other[:, 0], found.unsafe[:, 1], found.unsafe[:, 2], color=GREY, alpha=0.25, lw=0)
        axes.errorbar(
            chosen.value, at.value,
            xerr=[[chosen.value - chosen.low], [chosen.high - chosen.value]],
            yerr=[[at.value - at.low], [at.high - at.value]],
            fmt="o", color=VERMILLION, markersize=8, capsize=3, zorder=5,
        )  # fmt: skip
        axes.annotate(
            f"chosen: {chosen.value:.0%}\nunsafe {at.value:.1%}", (chosen.value, at.value),
            xytext=(10 if axes is right else -14, 28), textcoords="offset points", color=VERMILLION, fontweight="bold",
            fontsize=9, ha="left" if axes is right else "right", va="bottom",
        )  # fmt: skip
        axes.set_xlabel(words)
        percent(axes.xaxis)
    top = max(4 * found.bar, 1.5 * at.high)
    left.set(ylim=(0, top), ylabel="unsafe flags among calls that need the police")
    left.text(
        left.get_xlim()[0], found.bar, f"  certified: at most {found.bar:.0%}", va="bottom", color=BLUE, fontsize=9
    )
    percent(left.yaxis, 1)
    return Picture(
        figure,
        f"Unsafe-flag rate over all thresholds. At the chosen one {at:.2%}, recall {found.chosen_recall:.1%}, left for "
        f"review {found.chosen_review:.1%}; certified at {found.bar:.0%}.",
    )


@styled
def precision_at_prevalence(found: PrecisionAtPrevalence) -> Picture:
    """The share of flags to expect right against the share of calls that are mental health only."""
    there = found.there
    answer = (
        f"Where {found.asked:.0%} of calls are mental health only, expect {there.value:.0%} of flags to be right "
        f"({there.low:.0%} to {there.high:.0%})"
        + (f"; where fewer than {found.half:.1%} are, most flags are wrong" if found.half is not None else "")
    )
    figure, axes = sheet(answer, 9, 4.4)
    value, low, high = found.precision.T
    axes.axhline(0.5, color=GREY, lw=1, linestyle="--")
    axes.text(found.prevalences[-1], 0.505, "one flag in two is right", ha="right", va="bottom", color=GREY, fontsize=9)
    axes.fill_between(found.prevalences, low, high, color=BLUE, alpha=0.18, lw=0)
    axes.plot(found.prevalences, value, color=BLUE)
    axes.plot([found.asked], [there.value], "o", color=VERMILLION, markersize=8, zorder=5)
    axes.annotate(
        f"{there.value:.0%} at {found.asked:.1%} prevalence", (found.asked, there.value), xytext=(12, -14),
        textcoords="offset points", color=VERMILLION, fontweight="bold",
    )  # fmt: skip
    ticks = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    axes.set(xscale="log", ylim=(0, 1.01), xlabel="share of all calls that are mental health only (log scale)",
             ylabel="flags that are right")  # fmt: skip
    axes.set_xticks(ticks, [f"{t:.0%}" for t in ticks])
    axes.minorticks_off()
    percent(axes.yaxis)
    points = ", ".join(f"{value[abs(found.prevalences - t).argmin()]:.0%} at {t:.0%}" for t in ticks)
    return Picture(figure, f"Flag precision rises with prevalence: {points}.")
