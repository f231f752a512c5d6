"""May the challenger take over? Rules from a file, each answered in words."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from training.contest import Compared

RULES: Final = Path(__file__).parent / "gate.toml"

Verdict = Literal["passed", "refused"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of ``gate.toml``, where its fields are explained."""

    name: str
    measure: str
    words: str
    worse: Literal["higher", "lower"]
    fewest: int
    unit: Literal["share", "gap", "number", "time"] = "share"
    needed: bool = False
    strata: tuple[str, ...] = ()
    tolerated: float | None = None
    never: float | None = None
    limit: float | None = None

    def covers(self, compared: Compared) -> bool:
        """Whether the rule asks about this comparison."""
        if compared.measure != self.measure:
            return False
        return compared.stratum.startswith(self.strata) if self.strata else compared.stratum == "all"


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's answer about one stratum. ``met`` is ``None`` where there was too little to judge."""

    rule: str
    stratum: str
    met: bool | None
    words: str
    compared: Compared


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict with every finding."""

    verdict: Verdict
    findings: tuple[Finding, ...]

    @property
    def reasons(self) -> list[str]:
        """Why it was refused, in words."""
        return [finding.words for finding in self.findings if finding.met is False]

    def facts(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "verdict": self.verdict,
            "reasons": self.reasons,
            "findings": [asdict(finding) for finding in self.findings],
        }


def read_rules(path: Path = RULES) -> tuple[Rule, ...]:
    """The rules of a file."""
    table = tomllib.loads(path.read_text())
    return tuple(Rule(**{**rule, "strata": tuple(rule.get("strata", ()))}) for rule in table["rule"])


def judge(comparisons: Sequence[Compared], rules: Sequence[Rule] | None = None) -> Outcome:
    """Hold every rule against every comparison that it covers.

    A stratum that is too small is said to be so and not judged, but where the rule is ``needed`` that refuses: nobody
    could say that the model is safe.
    """
    rules = read_rules() if rules is None else rules
    findings = tuple(_finding(rule, c) for rule in rules for c in comparisons if rule.covers(c))
    refused = not findings or any(finding.met is False for finding in findings)
    return Outcome("refused" if refused else "passed", findings)


def _finding(rule: Rule, c: Compared) -> Finding:
    where = f"{rule.name}{'' if c.stratum == 'all' else f' ({c.stratum})'}"
    if c.challenger is None or c.of < rule.fewest:
        words = f"{where}: only {c.of:,} held-out narratives to judge by, and {rule.fewest:,} are needed"
        if rule.needed:
            return Finding(rule.name, c.stratum, False, f"{words}, so nobody can say that the new model is safe.", c)
        return Finding(rule.name, c.stratum, None, f"{words}: not judged.", c)
    shown = _FORMS[rule.unit]
    counts = f"{round(c.challenger * c.of):,} of {c.of:,}, " if rule.unit == "share" else ""
    figures = f"{where}: {rule.words}: {counts}{shown(c.challenger)}"
    if c.champion is not None:
        figures += f", with the present model {shown(c.champion)}"
    if c.interval is not None:
        low, high = c.interval
        figures += f" (95% interval of the difference {shown(low)} to {shown(high)})"
    faults = _faults(rule, c)
    return Finding(rule.name, c.stratum, not faults, f"{figures}: {'; '.join(faults) or 'good enough'}.", c)


def _faults(rule: Rule, c: Compared) -> list[str]:
    assert c.challenger is not None
    sign, shown = 1 if rule.worse == "higher" else -1, _FORMS[rule.unit]
    faults = []
    if rule.limit is not None and sign * (c.challenger - rule.limit) > 0:
        faults.append(f"beyond the limit of {shown(rule.limit)}")
    if c.difference is None:
        return faults
    worse_by = sign * c.difference
    if rule.never is not None and worse_by > rule.never:
        faults.append(
            f"worse by more than the {_FORMS['share' if rule.unit == 'time' else rule.unit](rule.never)} allowed"
        )
    elif rule.tolerated is not None and worse_by > rule.tolerated and _all_worse(c, sign):
        faults.append("worse, and not by chance")
    return faults


def _all_worse(c: Compared, sign: int) -> bool:
    return c.interval is not None and min(sign * end for end in c.interval) > 0


_FORMS: Final[dict[str, Callable[[float], str]]] = {
    "share": lambda value: f"{value:.2%}",
    "gap": lambda value: f"{value:.2%}",
    "number": lambda value: f"{value:.4f}",
    "time": lambda value: f"{value:.2f} s",
}
