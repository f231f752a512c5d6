"""The report's four answers for a reader who knows no machine learning, and what nobody knows.

Numbers are counts of calls; how sure they are is said in words.
"""

from collections.abc import Sequence
from typing import Any, Final

from training.contest import Compared
from training.gate import Finding, Outcome
from training.parts import Part, Parts

NOT_FOR: Final[tuple[str, ...]] = (
    "It may not close, delay or downgrade a call: it only proposes calls for a person to look at.",
    "It may not be used to judge a person, or as a risk assessment.",
    "It may not be relied on for calls unlike those it was trained on: another force, language or kind of log.",
    "A call that is not flagged has not been found to need the police, nor not to need them.",
)

_FEWEST: Final = 30
"""A kind of call with fewer is not called the weakest."""
_RATES: Final = {
    "unsafe_flag_rate": ("that need the police", "flagged", 1),
    "recall": ("that are mental health only", "flagged", -1),
}


def answers(
    outcome: Outcome | None,
    comparisons: Sequence[Compared],
    parts: Parts,
    champion: str | None,
    findings: dict[str, Any],
    estimated: Sequence[str] = (),
) -> dict[str, Any]:
    """Is it safer than before, for whom is it worse, what was it trained on, what may it not be used for.

    Args:
        outcome: of the gate; ``None`` for a model that was never held against its rules.
        comparisons: of the contest and of the witness.
        parts: who trained, calibrated and judged.
        champion: the present model's version, if there is one.
        findings: as ``training.papers.findings``.
        estimated: what the blind-drawn rows say of all calls, in words.
    """
    return {
        "verdict": _verdict(outcome, findings),
        "is_it_safer_than_before": _safer(comparisons, champion, findings, parts),
        "for_whom_is_it_worse": _worse(outcome, comparisons, champion) + _weakest(findings),
        "what_was_it_trained_on": _trained_on(parts),
        "what_may_it_not_be_used_for": list(NOT_FOR),
        "what_is_not_known": _not_known(parts, champion, findings, estimated),
    }


def counted(hits: int, of: int) -> str:
    """A share as a count: ``3 of 412``."""
    return f"{'none' if not hits else f'{hits:,}'} of {of:,}"


def spread(interval: Sequence[float], of: int) -> str:
    """What other calls of the same kind would give, as counts: the 95% interval in words."""
    low, high = (round(end * of) for end in interval)
    return (
        f"with other calls like these it would most likely be {low:,} again"
        if low == high
        else f"with other calls like these it would most likely be between {low:,} and {high:,}"
    )


def _verdict(outcome: Outcome | None, findings: dict[str, Any]) -> list[str]:
    words = ["No gate has judged this model: it was not made by a retraining."]
    if outcome is not None and outcome.verdict == "passed":
        words = ["The gate passed the new model: no rule was broken."]
    elif outcome is not None:
        words = ["The gate refused the new model.", *(r[:1].upper() + r[1:] for r in outcome.reasons)]
    if not findings["all"]["flagged"]:
        words.append("It flagged none of the calls that judged it, so it is safe and of no use.")
    return words


def _safer(comparisons: Sequence[Compared], champion: str | None, findings: dict[str, Any], parts: Parts) -> str:
    unsafe = next((c for c in comparisons if c.measure == "unsafe_flag_rate" and c.stratum == "all"), None)
    if unsafe is None or unsafe.challenger is None:
        return "Nobody can say: no held-out call needs the police."
    number, flagged = unsafe.of, round(unsafe.challenger * unsafe.of)
    range_ = findings["ranges"]["unsafe"]
    now = f"Of {number:,} held-out calls that need the police, the {'new ' if champion else ''}model flags {flagged:,}"
    likely = f"; {spread(range_, number)}" if range_ else ""
    if champion is None or unsafe.interval is None or unsafe.champion is None:
        return f"Nobody can say: there is no present model to compare it with. {now}{likely}. {_by_whom(parts)}"
    before = round(unsafe.champion * number)
    low, high = (round(end * number) for end in unsafe.interval)
    difference = f"lie between {_fewer(low)} and {_fewer(high)}" if low != high else f"be {_fewer(low)}"
    says = (
        "Yes"
        if unsafe.interval[1] < 0
        else "No, it is less safe"
        if unsafe.interval[0] > 0
        else "No difference can be told from chance"
    )
    return (
        f"{says}. {now}, the present one {before:,}. With other calls like these the difference would most likely "
        f"{difference} of so many. {_by_whom(parts)}"
    )


def _fewer(difference: int) -> str:
    return "none" if not difference else f"{abs(difference):,} {'fewer' if difference < 0 else 'more'}"


def _by_whom(parts: Parts) -> str:
    own, rows = sum(parts.held.own), len(parts.held.rows)
    if own == rows:
        return f"All {rows:,} calls that judged are the force's own."
    if own == 0:
        return f"All {rows:,} calls that judged are synthetic, so this says little about real ones."
    return (
        f"Of the {rows:,} calls that judged {own:,} are the force's own and {rows - own:,} synthetic, so this is "
        "partly about calls that nobody made."
    )


def _worse(outcome: Outcome | None, comparisons: Sequence[Compared], champion: str | None) -> list[str]:
    if champion is None or outcome is None:
        return ["There is no present model to be worse than."]
    broken = {(f.compared.measure, f.compared.stratum) for f in outcome.findings if f.met is False}
    sure: list[str] = []
    perhaps: list[str] = []
    for c in comparisons:
        if c.measure not in _RATES or c.stratum == "all" or c.difference is None or c.challenger is None:
            continue
        among, what, worse = _RATES[c.measure]
        if c.difference * worse <= 0 or c.champion is None:
            continue
        words = (
            f"{c.stratum.removeprefix('style ').replace('_', ' ')}: of {c.of:,} {among} the new model has "
            f"{round(c.challenger * c.of):,} {what}, the present one {round(c.champion * c.of):,}"
        )
        chance = c.interval is None or min(worse * end for end in c.interval) <= 0
        (perhaps if chance and (c.measure, c.stratum) not in broken else sure).append(words)
    protected = [f.words for f in outcome.findings if f.met is False and "protected" in f.rule]
    found = [f"Worse for {words}." for words in sure] + protected
    found = found or ["For none of the kinds of call and protected groups that could be judged, beyond chance."]
    if perhaps:
        found.append(f"A little worse, which may be chance, for {'; '.join(perhaps)}.")
    silent = sorted({_about(f) for f in outcome.findings if f.met is None})
    return found + ([f"Too few calls to say for: {', '.join(silent)}."] if silent else [])


def _about(finding: Finding) -> str:
    of = finding.stratum.split(":")[0].replace("_", " ")
    return finding.rule if of == "all" else of


def _weakest(findings: dict[str, Any]) -> list[str]:
    """Where any model has its weak side, this one has it here."""
    kinds = [s for s in findings["slices"] if s["kind"] in {"style", "register"}]
    ill = [s for s in kinds if s["only"] >= _FEWEST]
    dangerous = [s for s in kinds if s["police"] >= _FEWEST and s["unsafe"]]
    words = []
    if dangerous:
        s = max(dangerous, key=lambda s: s["unsafe"] / s["police"])
        words.append(
            f"Most unsafe flags: {s['kind']} {s['name']}, {counted(s['unsafe'], s['police'])} calls that need the "
            "police are flagged."
        )
    if ill:
        s = min(ill, key=lambda s: s["found"] / s["only"])
        words.append(
            f"Least help: {s['kind']} {s['name']}, {counted(s['found'], s['only'])} calls that are mental health only "
            "are flagged."
        )
    kept = {n: c["kept"] for n, c in findings["swaps"]["characteristics"].items() if c["kept"]["number"]}
    if kept and all(k["hits"] == k["number"] for k in kept.values()):
        words.append(f"Changing nothing but {', '.join(kept)} of a person in a call changed no decision.")
    elif kept:
        name, k = min(kept.items(), key=lambda item: item[1]["share"])
        changed = counted(k["number"] - k["hits"], k["number"])
        words.append(
            f"Changing nothing but the {name} of a person in a call changed {changed} decisions, "
            "more than any other protected characteristic that could be tested."
        )
    return words


def _trained_on(parts: Parts) -> str:
    trained = parts.training
    own, rows = sum(trained.own), len(trained.rows)
    whose = (
        f"all of them synthetic, written by a language model under {len(set(trained.groups)):,} briefs; no real call"
        if not own
        else "all of them the force's own"
        if own == rows
        else f"{own:,} of the force's own and {rows - own:,} synthetic ones"
    )
    return (
        f"{rows:,} labelled narratives: {whose}. {len(parts.calibration.rows):,} others{_own(parts.calibration)} set "
        f"the thresholds, and {len(parts.held.rows):,} more{_own(parts.held)}, which no model here has seen, judged. "
        "It reads the text of a log and nothing else."
    )


def _own(part: Part) -> str:
    own = sum(part.own)
    return f" ({own:,} of the force's own)" if own else ""


def _not_known(parts: Parts, champion: str | None, findings: dict[str, Any], estimated: Sequence[str]) -> list[str]:
    own_police = sum(row.needs_police for row, own in zip(parts.held.rows, parts.held.own, strict=True) if own)
    police = sum(row.needs_police for row in parts.held.rows)
    words = [
        f"How it does on real calls: {counted(own_police, police)} calls that judged and need the police are the "
        "force's own; the others are synthetic."
        if own_police < police
        else "How it does on calls of another time or place than those that judged."
    ]
    words += estimated
    words.append(
        "How much of the difference is luck by now: the same held-out calls judge every run, and each model that was "
        "tried on them and given up makes the next one look better than it is. Bring newer calls to judge by before "
        "the figures are relied on again."
    )
    if champion is None:
        words.append(
            "Whether the labels are right: there was no present model to contradict them, so nobody but those who "
            "gave them has examined them."
        )
    words.append(
        "How it does for people of each age, sex or ethnicity: narratives do not carry these reliably, so only changes "
        "of words were tested."
    )
    if findings["too_few"]:
        words.append(f"Too few calls to say anything of: {', '.join(findings['too_few'])}.")
    return words
