"""Whether calls are still like those the model was made from: each statistic of a window against the reference."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from scipy.stats import false_discovery_control

from model.errors import ArtefactError
from model.profile import DECISIONS, Profile

Size = Literal["none", "small", "watch", "large"]
Verdict = Literal["too-few", "alike", "watch", "retrain"]

_RULES: Final = Path(__file__).with_name("drift.toml")


@dataclass(frozen=True, slots=True)
class Rules:
    """When a difference counts: see ``drift.toml``."""

    fewest: int
    false_discoveries: float
    shuffles: int
    index: Mapping[str, float]
    cue: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Difference:
    """One statistic: its population stability index, the p-value of "both are draws from the same calls", the same
    corrected for the number of statistics, and how large the difference is; ``none`` where it is not sure.
    ``reference`` and ``window`` are shares by bin, of a cue the share of narratives with it."""

    statistic: str
    index: float
    p_value: float
    corrected: float
    size: Size
    reference: tuple[float, ...]
    window: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """The comparison: how many narratives stand on each side, every statistic with the largest difference first, and
    what to do in words."""

    verdict: Verdict
    words: str
    reference_narratives: int
    window_narratives: int
    differences: tuple[Difference, ...]


def read_rules(path: Path = _RULES) -> Rules:
    """The rules that Signpost comes with."""
    with path.open("rb") as file:
        return Rules(**tomllib.load(file))


def reference_of(manifest: Mapping[str, Any]) -> Profile:
    """The profile that a model was trained with.

    Raises:
        ArtefactError: ``artefact-format``: the model carries none that can be read.
    """
    try:
        return Profile.from_dict(manifest["profile"])
    except (KeyError, TypeError, ValueError):
        raise ArtefactError(
            "artefact-format", "The model carries no profile to compare with. Train it again, or give --reference-from."
        ) from None


def compare(reference: Profile, window: Profile, rules: Rules, seed: int = 0) -> Drift:
    """Compare two profiles.

    For each statistic the population stability index, and its p-value by permutation: calls of both sides shuffled
    between them (the counts of a shuffle are multivariate hypergeometric), so it holds for small counts too. The
    p-values are corrected for their number by Benjamini and Hochberg (1995). A difference counts when it is sure *and*
    large enough to matter: with many calls everything is sure.
    """
    numbers = (reference.narratives, window.narratives)
    if min(numbers) < rules.fewest:
        which = "the window has" if window.narratives < rules.fewest else "the reference has"
        words = f"Too few calls to tell: {which} {min(numbers):,}, and at least {rules.fewest:,} are needed."
        return Drift("too-few", words, *numbers, ())
    rng = np.random.default_rng(seed)
    pairs = _pairs(reference, window)
    tested = [(name, ours, theirs, *_test(ours, theirs, rules.shuffles, rng)) for name, ours, theirs in pairs]
    corrected = false_discovery_control([p for *_, p in tested])
    differences = [
        Difference(
            statistic=name,
            index=index,
            p_value=p,
            corrected=float(q),
            size=_size(name, index, ours, theirs, rules) if q <= rules.false_discoveries else "none",
            reference=_shares(name, ours),
            window=_shares(name, theirs),
        )
        for (name, ours, theirs, index, p), q in zip(tested, corrected, strict=True)
    ]
    order = {"large": 0, "watch": 1, "small": 2, "none": 3}
    differences.sort(key=lambda d: (order[d.size], -d.index, d.statistic))
    return Drift(*_verdict(differences), *numbers, tuple(differences))


def index(ours: Sequence[int], theirs: Sequence[int]) -> float:
    """The population stability index: the sum over bins of (q - p) ln(q / p). Half a count is added to every bin, so
    that an empty one does not make it infinite."""
    return float(_index(np.array(ours), np.array(theirs)))


def _index(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    p, q = ((counts + 0.5) / (counts + 0.5).sum(axis=-1, keepdims=True) for counts in (ours, theirs))
    return np.asarray(((q - p) * np.log(q / p)).sum(axis=-1))


def _test(ours: np.ndarray, theirs: np.ndarray, shuffles: int, rng: np.random.Generator) -> tuple[float, float]:
    found = float(_index(ours, theirs))
    both = ours + theirs
    shuffled = rng.multivariate_hypergeometric(both, int(theirs.sum()), size=shuffles, method="marginals")
    # Equal shuffles must count as equal, whatever the last bit of their logarithms.
    as_far = int((_index(both - shuffled, shuffled) >= found - 1e-12).sum())
    return found, (1 + as_far) / (1 + shuffles)


def _pairs(reference: Profile, window: Profile) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Every statistic with its counts on both sides; those that one side has not are left out."""
    sides = (reference, window)
    tables: dict[str, tuple[list[int], ...]] = {
        name: tuple(list(side.histograms[name]) for side in sides) for name in reference.histograms
    }
    tables["decision"] = tuple([side.decisions[name] for name in DECISIONS] for side in sides)
    for kind in sorted({*reference.cues, *window.cues}):
        have = [side.cues.get(kind, 0) for side in sides]
        tables[f"cue:{kind}"] = tuple([n, side.narratives - n] for n, side in zip(have, sides, strict=True))
    counts = ((name, np.array(ours), np.array(theirs)) for name, (ours, theirs) in tables.items())
    return [(name, ours, theirs) for name, ours, theirs in counts if ours.sum() and theirs.sum()]


def _shares(name: str, counts: np.ndarray) -> tuple[float, ...]:
    shares = tuple(float(share) for share in counts / counts.sum())
    return shares[:1] if name.startswith("cue:") else shares


def _size(name: str, found: float, ours: np.ndarray, theirs: np.ndarray, rules: Rules) -> Size:
    if not name.startswith("cue:"):
        return "large" if found >= rules.index["large"] else "watch" if found >= rules.index["watch"] else "small"
    before, now = ((counts[0] + 0.5) / (counts.sum() + 1.0) for counts in (ours, theirs))
    if max(before, now) < rules.cue["share"]:
        return "small"
    ratio = max(before, now) / min(before, now)
    return "large" if ratio >= rules.cue["large"] else "watch" if ratio >= rules.cue["watch"] else "small"


def _verdict(differences: Sequence[Difference]) -> tuple[Verdict, str]:
    large = [_said(d) for d in differences if d.size == "large"]
    watched = [_said(d) for d in differences if d.size == "watch"]
    if large:
        return "retrain", (
            f"Calls are no longer like those of the reference: {_list(large)}. Label a fresh random sample of calls, "
            "see how the model does on it, and retrain with it. Until then read the confidence with care."
        )
    if watched:
        return "watch", (
            f"Calls begin to differ from those of the reference: {_list(watched)}. No need to retrain for this alone: "
            "look again in a week, and label a random sample if it grows."
        )
    return "alike", (
        "Calls look like those of the reference. Nothing here asks for retraining; whether flags are safe, only "
        "reviewers' labels can tell (`signpost alarm`)."
    )


def _said(d: Difference) -> str:
    name = d.statistic.removeprefix("cue:").replace("_", " ")
    if d.statistic.startswith("cue:"):
        return f"words of the kind “{name}” stand in {d.window[0]:.1%} of them (reference {d.reference[0]:.1%})"
    if d.statistic == "decision":
        shares = ", ".join(f"{decision} {share:.0%}" for decision, share in zip(DECISIONS, d.window, strict=True))
        return f"the decisions ({shares})"
    about = {
        "length": "their length",
        "unknown": "the share of words the model never met",
        "confidence": "the confidence",
    }
    return about.get(d.statistic, f"the probability of {name}")


def _list(said: Sequence[str], most: int = 5) -> str:
    more = len(said) - most
    return "; ".join(said[:most]) + (f"; and {more} more" if more > 0 else "")


def as_dict(drift: Drift) -> dict[str, Any]:
    """As JSON can carry it."""
    return {
        "verdict": drift.verdict,
        "words": drift.words,
        "reference_narratives": drift.reference_narratives,
        "window_narratives": drift.window_narratives,
        "statistics": [
            {
                "statistic": d.statistic,
                "index": round(d.index, 4),
                "p_value": round(d.p_value, 4),
                "corrected": round(d.corrected, 4),
                "size": d.size,
                "reference": [round(share, 4) for share in d.reference],
                "window": [round(share, 4) for share in d.window],
            }
            for d in drift.differences
        ],
    }
