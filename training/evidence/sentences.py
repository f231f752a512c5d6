"""What the findings say, in Markdown: so that no figure in the notebook is written by hand."""

from collections.abc import Sequence
from statistics import median

from model.scorer import Scorer
from training.evidence.certificate import Claim, comparable
from training.evidence.demand import Assumption, Demand, Published
from training.evidence.learning import LearningCurve
from training.evidence.mistakes import Mistake
from training.evidence.parts import Material
from training.evidence.standing import Standing
from training.evidence.tradeoff import PrecisionAtPrevalence, Tradeoff


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
    ours, *others = standings
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
        "| system | AUROC | average precision | recall | unsafe flags | narratives a second | on disk |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {s.name} | {s.auroc:.3f} | {s.average_precision:.3f} | {s.recall:.1%} | {s.unsafe:.2%} | "
        f"{s.per_second:,.0f} | {s.stored / 1e6:,.2f} MB |"
        for s in standings
    ]
    notes = {s.measured for s in standings if s.measured}
    before = [f"\nThe heavy ones (the last rows) were measured before: {note}. `make baselines` measures them again." for note in notes]
    missing = [] if notes else ["\nspaCy's text categoriser and a sentence embedding are not shown: run `make baselines`."]
    return "\n".join(["Recall and unsafe flags are at each system's own threshold, certified in the same way.", "", *lines, *before, *missing])


def tally(found: Sequence[Mistake], shown: int) -> str:
    """How many mistakes of each kind."""
    kinds = [m.kind for m in found]
    return (
        f"{kinds.count('unsafe')} unsafe flags, {kinds.count('needless')} needless flags (nobody ill, nobody in need of "
        f"the police), {kinds.count('missed')} mental-health-only narratives passed over. The worst {min(shown, len(found))}, "
        "unsafe flags first, the most confident first. Words that speak for a factor are underlined solid, words against "
        "it dotted; point at them for the weight."
    )


def assumptions_table(found: Sequence[Assumption], published: Sequence[Published]) -> str:
    """Every assumption with its range and source."""
    lines = ["| assumption | from | to | unit | kind | source |", "|---|---|---|---|---|---|"]
    lines += [f"| {a.meaning} (`{a.name}`) | {_plain(a.low)} | {_plain(a.high)} | {a.unit} | {a.kind} | {a.source} |" for a in found]
    guessed = sum(a.kind == "assumed" for a in found)
    links = [f"- {p.what}: {p.value:,.0f} ([{p.source}]({p.url}))" for p in published]
    return "\n".join(
        [
            f"{guessed} of the {len(found)} assumptions are nobody's measurement; the parameter `costs` replaces any of them.",
            "", *lines, "", "Published figures to hold the answer against:", "", *links,
        ]
    )  # fmt: skip


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
        f"{o['unsafe flags that the reviewer does not catch']:,.0f}. In {found.losing:.1%} of the years reviewing takes more "
        "hours than are redirected. Hours and harm are not the same coin: what an uncaught unsafe flag weighs is for the "
        "force, its partners and the public to say, and the break-even below only shows what each answer implies."
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
    writers = len({row.author for row in everything})
    caught = next(a for a in year.assumptions if a.name == "caught")
    sizes = median(len(row.text) for row in part.rows)
    origin = (
        f"All {len(everything):,} narratives were composed by one language model. Its {writers} writers are {writers} briefs, "
        "not people, so \"unseen writer\" overstates independence, and intervals over writers are too narrow by an amount "
        "that nobody can measure here. Real logs are untidier, and their median length need not be these "
        f"{sizes:,.0f} characters."
        if part.ours
        else "The narratives judged are your own, but the model was made from synthetic ones by one language model. Whether "
        "the certificate carries over is what the unsafe-flag rate above tests; it is proven only when the threshold is set "
        "on your own calls."
    )
    return "\n\n".join(
        [
            f"**Anything about real calls.** {origin}" if part.ours else f"**The certificate.** {origin}",
            "**That the labels are right.** They follow a codebook. It draws the line at immediate risk, crime and police duty as "
            "law and guidance do, but a coroner, a nurse and a sergeant may each draw it elsewhere. "
            f"{sum(r.difficulty == 'borderline' for r in part.rows):,} of the {len(part.rows):,} narratives are borderline "
            "by the writer's own word. Agreement between readers that are the same language model says little about people.",
            f"**What share of flags will be right in your room.** Here {part.only.mean():.0%} of narratives are mental health "
            f"only. At {at.asked:.1%}, precision falls to {at.there:.0%}, if calls of a kind are otherwise alike, which "
            "nobody has shown. Estimate the share from your own labelled sample first.",
            "**That it stays so.** Words, practice and partners change; a certificate does not. The bound of "
            f"{found.bar:.0%} holds for calls like those it was certified on and for no others. Label a random sample every "
            "month, and switch flagging off when the rate leaves the bound.",
            f"**That the reviewer will catch the rest.** The model above lets them catch {caught.low:.0%} to {caught.high:.0%} "
            "of unsafe flags, an assumption. People agree with a machine that is mostly right, the more so the busier they are: "
            "with a flag on the screen they may read worse than without. Only a trial in which reviewers decide "
            "before they see the score can tell.",
            "**That fewer deployments are better.** Hours redirected are counted, people who fell between services are not. "
            "Nothing here measures what happened to anybody.",
        ]
    )
