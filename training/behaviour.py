"""The behavioural suite: does the whole rule do what a careful reader would, capability by capability?

``python -m training.behaviour`` (CheckList, Ribeiro et al. 2020). A mean over a corpus hides what a model cannot do;
so minimal edits that change the meaning must change the answer (contrast sets, Gardner et al. 2020), edits that do
not must leave it, and noise on held-out narratives must not move it.
"""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from rich.table import Table

from model.factors import FACTORS
from model.labelled import ContrastNarrative, LabelledNarrative
from model.score import Score
from model.scoring import ManyScorer
from training.corpus import CONTRAST, read_contrast
from training.noise import SHORTHAND, TYPING, Noise, generator, noisy
from training.trials import Figures, at_least, at_most, change, command, decimal, in_words, score_texts, share, table

GROUPS_HELD: Final = 0.75
NOISE_KEPT: Final = 0.95
MOVED_TO_FLAG: Final = 0.01
RIGHT_SIDE: Final = 0.5
INVARIANCE: Final = "invariance"

Member = tuple[ContrastNarrative, Score]


def behaviour(
    scorer: ManyScorer, contrast: Sequence[ContrastNarrative], rows: Sequence[LabelledNarrative], seed: int = 0
) -> Figures:
    """All figures of the suite, JSON-able.

    Args:
        scorer: of the whole rule: model, thresholds, stop cues, policy.
        contrast: members of contrast sets.
        rows: narratives that the model has not seen; typing noise and shorthand are made from them.
        seed: of the noise.
    """
    groups: defaultdict[str, list[Member]] = defaultdict(list)
    for row, score in zip(contrast, score_texts(scorer, [row.text for row in contrast]), strict=True):
        groups[row.group].append((row, score))
    capabilities: defaultdict[str, list[list[Member]]] = defaultdict(list)
    for members in groups.values():
        capabilities[members[0][0].capability].append(members)
    before = score_texts(scorer, [row.text for row in rows])
    everything = contrast_figures(list(groups.values()))
    typing, shorthand = (_noise(scorer, rows, before, kinds, seed) for kinds in (TYPING, SHORTHAND))
    return {
        "contrast": {name: contrast_figures(capabilities[name]) for name in sorted(capabilities)} | {"all": everything},
        "invariance": invariance_figures(capabilities.get(INVARIANCE, [])),
        "noise": {"narratives": len(rows), "typing": typing, "shorthand": shorthand},
        "bars": [
            at_least("contrast groups held", everything["held"]["share"], GROUPS_HELD),
            at_least("typing noise: decisions kept", typing["all"]["kept"]["share"], NOISE_KEPT),
            at_most("typing noise: moved to flag", typing["all"]["moved_to_flag"]["share"], MOVED_TO_FLAG),
            at_least("shorthand: decisions kept", shorthand["all"]["kept"]["share"], NOISE_KEPT),
            at_most("shorthand: moved to flag", shorthand["all"]["moved_to_flag"]["share"], MOVED_TO_FLAG),
        ],
    }


def contrast_figures(groups: Sequence[Sequence[Member]]) -> Figures:
    """Of the groups of one capability.

    ``held``: groups in which no member that needs the police is flagged and none that is mental health only is passed.
    A rule that sends everything to review holds every group; so ``flagged``, of the members that are mental health
    only, stands beside it. ``consistent``: groups in which every factor of every member is on its side of one half.
    """
    members = [member for group in groups for member in group]
    return {
        "groups": len(groups),
        "held": share(not any(_unsafe(m) or _lost(m) for m in group) for group in groups),
        "unsafe_flags": share(_unsafe(m) for m in members if m[0].needs_police),
        "passed": share(_lost(m) for m in members if m[0].mental_health_only),
        "flagged": share(score.decision == "flag" for row, score in members if row.mental_health_only),
        "consistent": share(all(_right(m) for m in group) for group in groups),
    }


def _unsafe(member: Member) -> bool:
    return member[0].needs_police and member[1].decision == "flag"


def _lost(member: Member) -> bool:
    return member[0].mental_health_only and member[1].decision == "pass"


def _right(member: Member) -> bool:
    labels = member[0].labels()
    return all((member[1].factors[factor] >= RIGHT_SIDE) == labels[factor] for factor in FACTORS)


def invariance_figures(groups: Sequence[Sequence[Member]]) -> Figures:
    """Of each member that says the same as its group's base: decision kept, change in confidence."""
    pairs = [
        (base, score)
        for group in groups
        for base in [s for row, s in group if row.expects == "base"][:1]
        for row, score in group
        if row.expects == "same"
    ]
    return {
        "pairs": len(pairs),
        "kept": share(base.decision == score.decision for base, score in pairs),
        "change": change([score.confidence - base.confidence for base, score in pairs]),
    }


Altered = tuple[LabelledNarrative, Score, Score]


def _noise(
    scorer: ManyScorer,
    rows: Sequence[LabelledNarrative],
    before: Sequence[Score],
    kinds: Mapping[str, Noise],
    seed: int,
) -> Figures:
    found: dict[str, list[Altered]] = {}
    for name, noise in kinds.items():
        texts = [noisy(row.text, noise, generator(seed, name, row.id)) for row in rows]
        # A text that the noise leaves as it is would count as kept for nothing.
        touched = [(row, first, text) for row, first, text in zip(rows, before, texts, strict=True) if text is not None]
        after = score_texts(scorer, [text for _, _, text in touched])
        found[name] = [(row, first, second) for (row, first, _), second in zip(touched, after, strict=True)]
    everything = [altered for one in found.values() for altered in one]
    return {"kinds": {name: noise_figures(one) for name, one in found.items()}, "all": noise_figures(everything)}


def noise_figures(altered: Sequence[Altered]) -> Figures:
    """Of narratives before and after a change that leaves their meaning: ``moved_to_flag`` is a share of those that
    need the police, since that is the move that could do harm."""
    return {
        "kept": share(first.decision == second.decision for _, first, second in altered),
        "moved_to_flag": share(
            first.decision != "flag" and second.decision == "flag" for row, first, second in altered if row.needs_police
        ),
        "change": change([second.confidence - first.confidence for _, first, second in altered]),
    }


def tables(figures: Figures) -> list[Table]:
    """The figures for a person: contrast sets, invariance, noise."""
    invariance, noise = figures["invariance"], figures["noise"]
    kinds = {**noise["typing"]["kinds"], "typing noise, all": noise["typing"]["all"], **noise["shorthand"]["kinds"]}
    return [
        table(
            "Contrast sets, with 95% intervals (Wilson)",
            ("capability", "groups", "groups held", "unsafe flags", "MH-only passed", "MH-only flagged", "consistent"),
            (
                (
                    name,
                    c["groups"],
                    in_words(c["held"]),
                    f"{c['unsafe_flags']['hits']} of {c['unsafe_flags']['number']}",
                    f"{c['passed']['hits']} of {c['passed']['number']}",
                    in_words(c["flagged"]),
                    in_words(c["consistent"]),
                )
                for name, c in figures["contrast"].items()
            ),
        ),
        table(
            "Invariance: edits that change nothing",
            ("pairs", "decision kept", "median change in confidence", "95th percentile"),
            [(invariance["pairs"], in_words(invariance["kept"]), *map(decimal, invariance["change"].values()))],
        ),
        table(
            f"Noise on {noise['narratives']} narratives",
            ("kind", "altered", "decision kept", "need the police: moved to flag", "median change", "95th percentile"),
            (
                (
                    name,
                    k["kept"]["number"],
                    in_words(k["kept"]),
                    in_words(k["moved_to_flag"]),
                    *map(decimal, k["change"].values()),
                )
                for name, k in kinds.items()
            ),
        ),
    ]


def main() -> int:
    """Run the suite on the registry's current model."""
    return command(
        "behaviour",
        "The behavioural suite on the current model.",
        lambda scorer, rows, seed: behaviour(scorer, read_contrast([CONTRAST]), rows, seed),
        tables,
    )


if __name__ == "__main__":
    sys.exit(main())
