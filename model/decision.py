"""From a score to ``flag``, ``review`` or ``pass``: thresholds, stop cues, policy and unfamiliar text.

Every rule but the threshold can only turn an answer into ``review``; none can make a ``flag``.
"""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from model.errors import LexiconError
from model.phrases import LEXICON, read_tables
from model.reading import Reading
from model.score import Because, Decision

POLICY: Final = Path(__file__).parent / "policy.toml"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cuts on the composed score (log probability of the derived class before its own calibration).

    ``flag`` is ``None`` when no threshold met the bar: then nothing is ever flagged. ``provisional`` says that the
    cut carries no guarantee; ``guarantee`` says in words what it is worth, ``flag_precision`` what share of flags to
    expect right where mental-health-only calls are this share of all (everyday register).
    """

    flag: float | None
    review: float | None
    provisional: bool
    guarantee: str
    flag_precision: Mapping[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For the manifest and ``/v1/model``."""
        return asdict(self)

    @classmethod
    def nothing(cls, why: str) -> Self:
        """No threshold: everything is ``review``."""
        return cls(flag=None, review=None, provisional=True, guarantee=why)


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """Kinds of cue that, asserted as present, turn the answer into ``review``, with the reason in words."""

    code: str
    words: str
    kinds: frozenset[str]
    flags_only: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """A force's own rules, versioned."""

    version: str
    rules: tuple[ReviewRule, ...]

    def as_dict(self) -> dict[str, Any]:
        """For ``/v1/model``."""
        return {
            "version": self.version,
            "review": [{"code": r.code, "words": r.words, "kinds": sorted(r.kinds)} for r in self.rules],
        }


def load_policy(path: Path = POLICY, kinds: Collection[str] | None = None) -> Policy:
    """Read a policy file. ``kinds`` are the cue kinds that exist.

    Raises:
        LexiconError: ``policy-invalid``, naming the file and the entry.
    """
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
        rules = tuple(
            ReviewRule(f"policy-{r['code']}", str(r["words"]), frozenset(r["kinds"]), flags_only=False)
            for r in table.get("review", [])
        )
        policy = Policy(str(table["version"]), rules)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise LexiconError("policy-invalid", f"policy {path.name}: {error}") from None
    except (KeyError, TypeError) as error:
        raise LexiconError("policy-invalid", f"policy {path.name}: an entry lacks {error}") from None
    _check_kinds(policy.rules, kinds, path.name)
    return policy


@dataclass(frozen=True, slots=True)
class _StopCue:
    """A table of ``stop_cues.toml``."""

    words: str
    kinds: list[str]


def load_stop_cues(lexicon: Path = LEXICON, kinds: Collection[str] | None = None) -> tuple[ReviewRule, ...]:
    """The stop cues: kinds whose presence turns a ``flag`` into ``review``.

    Raises:
        LexiconError: ``lexicon-invalid``, naming the entry.
    """
    table = read_tables(lexicon / "stop_cues.toml", _StopCue)
    rules = tuple(
        ReviewRule(f"stop-{name}", entry.words, frozenset(entry.kinds), flags_only=True)
        for name, entry in table.items()
    )
    _check_kinds(rules, kinds, "stop_cues.toml")
    return rules


def _check_kinds(rules: Sequence[ReviewRule], kinds: Collection[str] | None, file: str) -> None:
    for rule in rules:
        unknown = sorted(rule.kinds - set(kinds)) if kinds is not None else []
        if unknown:
            raise LexiconError("policy-invalid", f"{file} [{rule.code}]: there is no kind of cue {unknown[0]!r}")


@dataclass(frozen=True, slots=True)
class Familiarity:
    """How unlike anything in training a text may be: bounds on the number of its words, on the share of them never met
    in training, and on the share of neighbouring words never met side by side."""

    fewest_words: int
    most_words: int
    most_unknown: float
    most_unphrased: float

    def strangeness(self, words: int, unknown: float, unphrased: float) -> Because | None:
        """Why the text is unfamiliar, or ``None``. ``unknown`` is a share of the words, ``unphrased`` of the pairs."""
        if words < self.fewest_words:
            return Because("unfamiliar-short", f"Only {words} words: too few to say anything from.")
        if words > self.most_words:
            return Because("unfamiliar-long", f"{words:,} words: longer than anything the model was trained on.")
        if unknown > self.most_unknown:
            return Because(
                "unfamiliar-words",
                f"{unknown:.0%} of the words were never met in training: another language or another kind of text?",
            )
        if unphrased > self.most_unphrased:
            return Because(
                "unfamiliar-phrasing",
                f"{unphrased:.0%} of the neighbouring words were never met side by side: is this a call log?",
            )
        return None


def decide(
    score: float,
    reading: Reading,
    thresholds: Thresholds,
    rules: Sequence[ReviewRule],
    strange: Because | None,
    paused: bool = False,
) -> tuple[Decision, tuple[Because, ...], tuple[str, ...]]:
    """The decision, why, and the codes of the stop cues that turned a flag into a review.

    Args:
        score: composed score, uncorrected for prevalence, so that the guarantee stands.
        reading: whose cues the rules look at.
        thresholds: of the model.
        rules: stop cues and policy.
        strange: why the text is unfamiliar, if it is.
        paused: the switch-off.
    """
    decision, because = _by_threshold(score, thresholds)
    if paused:
        return "review", (Because("paused", "Flagging is switched off here. A person reads every call."),), ()
    if strange is not None:
        return "review", (strange,), ()
    present = {cue.kind for cue in reading.cues if cue.assertion == "present"} if rules else set()
    hits = [r for r in rules if r.kinds & present and (decision == "flag" or not r.flags_only)]
    if hits:
        stopped = tuple(r.code for r in hits if r.flags_only)
        return "review", tuple(Because(r.code, r.words) for r in hits), stopped
    return decision, (because,), ()


def _by_threshold(score: float, thresholds: Thresholds) -> tuple[Decision, Because]:
    if thresholds.flag is None or thresholds.review is None:
        return "review", Because("no-threshold", "No threshold meets the safety bar, so a person reads every call.")
    if score >= thresholds.flag:
        worth = " (provisional threshold)" if thresholds.provisional else ""
        return "flag", Because(
            "above-threshold",
            f"The confidence is above the flagging threshold{worth}: it looks like mental-health-only demand.",
        )
    if score >= thresholds.review:
        return "review", Because(
            "between-thresholds", "The model does not know: the confidence lies between the thresholds."
        )
    return "pass", Because("below-threshold", "The confidence is below the threshold for review: not flagged.")
