"""Is there something in the corpus that gives the labels away, or that could be somebody's? The artefact audit."""

import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from model.labelled import LabelledNarrative
from training.corpus import NARRATIVES, read_corpus
from training.duplicates import near_pairs

FORM_BAR: Final = 0.60
FUNCTION_WORD_BAR: Final = 0.65
NGRAMS: Final = 50
FEWEST_WRITERS: Final = 5

_LISTS: Final = tomllib.loads((Path(__file__).parent / "audit.toml").read_text())
FUNCTION_WORDS: Final = sorted(_LISTS["function_words"])

_PHONE: Final = re.compile(r"(?<!\d)(?:\+?44|0)[\d ]{9,13}(?!\d)")
_DRAMA: Final = re.compile(r"(?:07700900\d{3}|01632960\d{3}|02079460\d{3}|0808157\d{4}|0[18]1[1-8]4960\d{3})")
"""Ofcom's numbers for drama (ofcom.org.uk, 'Telephone numbers for drama use')."""
_HELPLINES: Final = frozenset({"0800", "0345"})
_POSTCODE: Final = re.compile(r"\b([A-Z]{1,2})\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}\b")
_AREAS: Final = frozenset(_LISTS["postcode_areas"])
_EMAIL: Final = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]+\b")


@dataclass(frozen=True, slots=True)
class Finding:
    """One audit: what was measured, and what broke its bar (empty when it held)."""

    name: str
    measured: str
    broken: tuple[str, ...] = ()


def audit(rows: Sequence[LabelledNarrative]) -> list[Finding]:
    """All audits of a corpus of several writers."""
    return [form(rows), function_words(rows), near_duplicates(rows), bound_ngrams(rows), variety(rows), privacy(rows)]


def form(rows: Sequence[LabelledNarrative]) -> Finding:
    """The label from length, punctuation, casing, digits, style and writer alone."""
    y = np.array([row.mental_health_only for row in rows])
    best = max(float(roc_auc_score(y, p)) for p in told_by_form(rows))
    return _bar("label from form (length, punctuation, casing, digits, style, writer)", best, FORM_BAR)


def told_by_form(rows: Sequence[LabelledNarrative], seed: int = 0) -> list[np.ndarray]:
    """The probability of mental-health-only from form alone, one a narrative, cross-validated: by a linear model, and
    by boosted trees, which see what a writer does with length and style together."""
    columns = np.array([_form(row.text) for row in rows])
    for values in ([r.style for r in rows], [r.author for r in rows]):
        names = sorted(set(values))
        columns = np.column_stack([columns, np.array([[v == n for n in names] for v in values], dtype=float)])
    y = np.array([row.mental_health_only for row in rows])
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    models = (
        make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000)),
        HistGradientBoostingClassifier(max_iter=60, learning_rate=0.08, random_state=0),
    )
    return [cross_val_predict(m, columns, y, cv=folds, method="predict_proba")[:, 1] for m in models]


def _form(text: str) -> list[float]:
    letters = max(1, sum(c.isalpha() for c in text))
    return [
        np.log(len(text)),
        np.log(1 + len(text.split())),
        sum(c.isupper() for c in text) / letters,
        sum(c.isdigit() for c in text) / len(text),
        text.count("\n"),
        *(text.count(c) / len(text) for c in ".,-/;:!?'\"()[]"),
        float(np.mean([len(w) for w in text.split()])),
    ]


def function_words(rows: Sequence[LabelledNarrative]) -> Finding:
    """The label from function words alone, negators, modals and pronouns left out; writers held out."""
    counts = CountVectorizer(vocabulary=FUNCTION_WORDS, binary=True).fit_transform(row.text for row in rows)
    y = np.array([row.mental_health_only for row in rows])
    groups = [row.author for row in rows]
    model = LogisticRegression(C=0.05, max_iter=1000)
    folds = GroupKFold(min(5, len(set(groups))))
    p = cross_val_predict(model, counts, y, groups=groups, cv=folds, method="predict_proba")[:, 1]
    return _bar("label from function words", float(roc_auc_score(y, p)), FUNCTION_WORD_BAR)


def _bar(name: str, auroc: float, bar: float) -> Finding:
    broken = (f"{name}: AUROC {auroc:.3f} is above {bar}",) if auroc > bar else ()
    return Finding(name, f"AUROC {auroc:.3f} (bar {bar})", broken)


def near_duplicates(rows: Sequence[LabelledNarrative]) -> Finding:
    """Pairs of narratives that share most of their word 3-shingles, by MinHash (Broder 1997). Two versions of one
    scenario by one writer may be alike; nothing else may."""
    broken = [
        f"{rows[one].id} and {rows[other].id} share {alike:.0%} of their 3-shingles"
        for one, other, alike in near_pairs([row.text for row in rows])
        if rows[one].scenario != rows[other].scenario
    ]
    return Finding("near-duplicates", f"{len(broken)} pairs in {len(rows)} narratives", tuple(broken))


def bound_ngrams(rows: Sequence[LabelledNarrative]) -> Finding:
    """The n-grams most bound to the derived class (weighted log-odds, Monroe et al. 2008), printed for a reader; one
    that few writers use is a habit, not language."""
    vectoriser = CountVectorizer(ngram_range=(1, 3), min_df=max(5, len(rows) // 400), binary=True)
    counts = vectoriser.fit_transform(row.text for row in rows)
    y = np.array([row.mental_health_only for row in rows])
    inside, outside = np.asarray(counts[y].sum(axis=0))[0] + 0.5, np.asarray(counts[~y].sum(axis=0))[0] + 0.5
    n, m = y.sum() + 1.0, (~y).sum() + 1.0
    odds = np.log(inside / (n - inside)) - np.log(outside / (m - outside))
    z = odds / np.sqrt(1 / inside + 1 / outside)
    names = vectoriser.get_feature_names_out()
    top = np.argsort(-np.abs(z))[:NGRAMS]
    writers: dict[int, set[str]] = defaultdict(set)
    coordinates = sparse.coo_matrix(counts[:, top])
    for row, column in zip(coordinates.row, coordinates.col, strict=True):
        writers[int(column)].add(rows[int(row)].author)
    few = min(FEWEST_WRITERS, len({r.author for r in rows}))
    listing = ", ".join(f"{names[t]} ({z[t]:+.0f}, {len(writers[k])} writers)" for k, t in enumerate(top))
    broken = tuple(
        f"n-gram {names[t]!r} is a habit of {len(writers[k])} writers"
        for k, t in enumerate(top)
        if len(writers[k]) < few
    )
    return Finding("n-grams most bound to the label", listing, broken)


def variety(rows: Sequence[LabelledNarrative]) -> Finding:
    """Different words in the first 5,000 of each class: no class may be much poorer than the other."""
    ratios = {}
    for only in (True, False):
        words = [w for r in rows if r.mental_health_only is only for w in re.findall(r"[a-z']+", r.text.lower())][:5000]
        ratios[only] = len(set(words)) / max(1, len(words))
    lengths: Counter[bool] = Counter()
    for row in rows:
        lengths[row.mental_health_only] += len(row.text.split())
    share = {only: lengths[only] / max(1, sum(r.mental_health_only is only for r in rows)) for only in (True, False)}
    gap = abs(ratios[True] - ratios[False])
    measured = (
        f"types per token {ratios[True]:.3f} (mental health only), {ratios[False]:.3f} (others); "
        f"words {share[True]:.0f} and {share[False]:.0f}"
    )
    return Finding("lexical variety", measured, (f"types per token differ by {gap:.3f}",) if gap > 0.05 else ())


def privacy(rows: Sequence[LabelledNarrative]) -> Finding:
    """Nothing that could be a real person's: telephone numbers, postcodes, e-mail addresses."""
    broken = []
    for row in rows:
        for found in _PHONE.finditer(row.text):
            digits = re.sub(r"\D", "", found.group())
            if len(digits) < 10:  # two times in a row, or a masked number
                continue
            digits = "0" + digits.removeprefix("44") if digits.startswith("44") else digits
            if not _DRAMA.fullmatch(digits) and digits[:4] not in _HELPLINES:
                broken.append(f"{row.id}: a telephone number outside the ranges for drama")
        if any(found.group(1) in _AREAS for found in _POSTCODE.finditer(row.text)):
            broken.append(f"{row.id}: a postcode of an area that exists")
        if _EMAIL.search(row.text):
            broken.append(f"{row.id}: an e-mail address")
    return Finding("privacy", f"{len(broken)} findings", tuple(broken))


def main() -> int:
    """Print every audit of the corpus; 1 when a bar is missed."""
    console = Console()
    findings = audit(read_corpus([NARRATIVES]))
    for finding in findings:
        console.print(f"[bold]{finding.name}[/bold]: {finding.measured}")
        for line in finding.broken[:20]:
            console.print(f"  missed: {line}", style="red")
    return 1 if any(finding.broken for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
