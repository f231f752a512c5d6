"""What the findings say, in Markdown: so that no figure in the notebook is written by hand."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from jinja2 import Environment, FileSystemLoader

from model.scorer import Scorer
from training.evidence.certificate import Claim, comparable
from training.evidence.demand import Assumption, Demand, Published
from training.evidence.learning import LearningCurve
from training.evidence.mistakes import Mistake
from training.evidence.parts import Material
from training.evidence.standing import Standing
from training.evidence.tradeoff import PrecisionAtPrevalence, Tradeoff

_TEMPLATES: Final = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=False)  # noqa: S701 (Markdown)


def setting(material: Material, scorer: Scorer) -> str:
    """What is judged, by which model."""
    part = material.judged
    whose = (
        "**synthetic** narratives by one language model under different briefs, from writers that neither training nor "
        "calibration has seen"
        if part.ours
        else "labelled narratives of your own"
    )
    return (
        f"Model **{scorer.version}**, policy {scorer.policy_version}. Judged on **{len(part.rows):,}** {whose} "
        f"({part.name}): {part.only.sum():,} are mental health only, {part.police.sum():,} need the police, "
        f"{(~part.only & ~part.police).sum():,} neither. The baselines were trained on the same "
        f"{len(material.training.rows):,} narratives and certified on the same {len(material.calibration.rows):,}. "
        "Intervals are 95%, by a bootstrap over writers unless it is said otherwise. Nothing is chosen here."
    )


def summary(found: Tradeoff, at: PrecisionAtPrevalence, standings: Sequence[Standing]) -> str:
    """The answer in four sentences."""
    others = standings[1:]
    best = max(others, key=lambda s: s.recall.value)
    return "\n".join(
        [
            f"- Of calls that need the police, **{found.chosen_unsafe:.1%}** are flagged "
            f"({found.unsafe_flags} of {found.police:,}; certified: at most {found.bar:.0%}).",
            f"- Of mental-health-only calls, **{found.chosen_recall:.1%}** are flagged; the best baseline at its own "
            f"certified threshold ({best.name}) flags {best.recall:.1%} at {best.unsafe.value:.1%} unsafe flags.",
            f"- **{found.chosen_review:.1%}** of all narratives are left for a person to read first.",
            f"- Where {at.asked:.1%} of calls are mental health only, **{at.there:.0%}** of flags are right, and of a "
            f"thousand calls {at.flags_per_thousand:.0f} are flagged.",
        ]
    )


def agreement(found: Sequence[Claim]) -> str:
    """The manifest's figures beside those measured again, and whether they agree."""
    lines = ["| figure | manifest | measured again |", "|---|---|---|"]
    lines += [f"| {c.name} | {_number(c.stated)} | {_number(c.measured)} |" for c in found]
    apart = [c.name for c in found if not c.agrees]
    if not comparable(list(found)):
        verdict = "The manifest's figures were measured on other narratives than these, so they cannot be compared."
    elif apart:
        verdict = f"**The model does not do what its manifest says**: {', '.join(apart)} differ. Do not use it."
    else:
        verdict = f"All {len(found)} figures agree: the model does what its manifest says."
    return "\n".join([verdict, "", *lines])


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def standings_table(standings: Sequence[Standing]) -> str:
    """Every system, side by side."""
    lines = [
        "| system | AUROC | average precision | recall | unsafe flags | narratives a second of one core | on disk |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {s.name} | {s.auroc:.3f} | {s.average_precision:.3f} | {s.recall:.1%} | {s.unsafe:.2%} | "
        f"{s.per_second:,.0f} | {s.stored / 1e6:,.2f} MB |"
        for s in standings
    ]
    notes = sorted({s.measured for s in standings if s.measured})
    before = [
        f"\nThe last {sum(bool(s.measured) for s in standings)} were measured before, on {note}. "
        "`make baselines` measures them again."
        for note in notes
    ] or ["\nspaCy's text categoriser and a sentence embedding are not shown: `make baselines` measures them."]
    heading = "Recall and unsafe flags are at each system's own threshold, certified in the same way."
    return "\n".join([heading, "", *lines, *before])


def tally(found: Sequence[Mistake], shown: int) -> str:
    """How many mistakes of each kind."""
    kinds = [m.kind for m in found]
    return (
        f"{kinds.count('unsafe')} unsafe flags, {kinds.count('needless')} needless flags (nobody in need of the "
        f"police, but not mental health only either), {kinds.count('missed')} mental-health-only narratives passed "
        f"over. The worst {min(shown, len(found))}, "
        "unsafe flags first, the most confident first. Words that speak for a factor are underlined solid, words "
        "against it dotted; point at them for the weight."
    )


def assumptions_table(found: Sequence[Assumption], published: Sequence[Published]) -> str:
    """Every assumption with its range and source."""
    lines = ["| assumption | from | to | unit | kind | source |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {a.meaning} (`{a.name}`) | {_plain(a.low)} | {_plain(a.high)} | {a.unit} | {a.kind} | {a.source} |"
        for a in found
    ]
    guessed = sum(a.kind == "assumed" for a in found)
    heading = f"{guessed} of the {len(found)} assumptions are nobody's measurement; `costs` replaces any of them."
    links = [f"- {p.what}: {p.value:,.0f} ([{p.source}]({p.url}))" for p in published]
    return "\n".join([heading, "", *lines, "", "Published figures to hold the answer against:", "", *links])


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"


def demand_in_words(found: Demand) -> str:
    """The year in sentences."""
    o = found.outcomes
    return (
        f"In 95% of simulated years the force flags {o['calls flagged']:,.0f} calls, spends "
        f"{o['reviewer hours spent']:,.0f} reviewer hours on them and could redirect "
        f"{o['officer hours that could be redirected']:,.0f} officer hours. Expect "
        f"{o['unsafe flags, before anybody looks']:,.0f} unsafe flags a year, of which the reviewer does not catch "
        f"{o['unsafe flags that the reviewer does not catch']:,.0f}. In {found.losing:.1%} of the years reviewing "
        "takes more hours than are redirected. Hours and harm are not the same coin: what an uncaught unsafe flag "
        "weighs is for the force, its partners and the public to say, and the break-even below only shows what each "
        "answer implies."
    )


def learning_in_words(found: LearningCurve) -> str:
    """The curve in a sentence, with what it was measured on."""
    return (
        f"Misses fall with the {found.slope:.2f} power of the number of narratives: twice as many would leave "
        f"{2**found.slope:.0%} of the misses. Measured before: {found.measured}; `make curve` measures it again."
    )


def not_concluded(material: Material, found: Tradeoff, at: PrecisionAtPrevalence, year: Demand) -> str:
    """What these figures cannot say, with the figures that show it."""
    part = material.judged
    everything = (*material.training.rows, *material.calibration.rows, *part.rows)
    caught = next(a for a in year.assumptions if a.name == "caught")
    return _TEMPLATES.get_template("limits.md.j2").render(
        ours=part.ours,
        narratives=f"{len(everything):,}",
        writers=len({row.author for row in everything}),
        length=f"{median(len(row.text) for row in part.rows):,.0f}",
        borderline=f"{sum(row.difficulty == 'borderline' for row in part.rows):,}",
        judged=f"{len(part.rows):,}",
        share=f"{part.only.mean():.0%}",
        asked=f"{at.asked:.1%}",
        precision=f"{at.there:.0%}",
        bar=f"{found.bar:.0%}",
        caught=f"{caught.low:.0%} to {caught.high:.0%}",
    )
