"""Assertion: is a thing reported as present, denied, past, conditional, or about somebody else?

In the spirit of ConText (Harkema et al. 2009, doi 10.1016/j.jbi.2009.05.002): triggers, a direction, a scope and
terminators, all data, tuned to the clauses of control-room text.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from spacy.tokens import Doc

from model.phrases import LEXICON, Listed, Phrase, PhraseIndex, compile_phrases, read_classes, read_tables
from model.reading import Clause, Cue, Reading, reading_of

PRESENT: Final = "present"
ASSERTIONS: Final = ("negated", "historical", "conditional", "other_person")
"""Weakest first: where scopes overlap, the later one names what the words are about."""

_LIST_ITEM: Final = 3
"""A scope passes a comma only into a list: at most so many words up to the next comma or the end of the clause."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A table of ``assertion.toml``: triggers that reach forward or backward so many words, or plain phrases."""

    scope: int = 8
    forward: list[str] = field(default_factory=list)
    backward: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Trigger:
    start: int
    end: int
    what: str
    forward: bool
    scope: int
    has_gap: bool
    shut_out: bool


_Reached = tuple[_Trigger, range]


class AssertionMarker:
    """Component: marks each word and each cue with its assertion."""

    def __init__(self, lexicon: Path = LEXICON) -> None:
        classes = read_classes(lexicon)
        path = lexicon / "assertion.toml"
        rules = read_tables(path, _Rule)
        phrases: list[Phrase] = []
        self._scopes: dict[str, int] = {}
        for what in ASSERTIONS:
            rule = rules.get(what, _Rule())
            self._scopes[what] = rule.scope
            phrases += compile_phrases(path, rule.forward, f"{what} forward", classes)
            phrases += compile_phrases(path, rule.backward, f"{what} backward", classes)
        for name in ("pseudo", "terminators"):
            phrases += compile_phrases(path, rules.get(name, _Rule()).phrases, name, classes)
        self._index = PhraseIndex(phrases)
        self._protective = frozenset(read_tables(lexicon / "cues" / "protective.toml", Listed))

    def __call__(self, doc: Doc) -> Doc:
        reading = reading_of(doc)
        reading.assertions = [PRESENT] * len(reading.words)
        reached: dict[int, list[_Reached]] = {}
        for number, clause in enumerate(reading.clauses):
            triggers, stops = self._triggers(reading, clause)
            if triggers:
                reached[number] = [(t, _reach(t, clause, stops, reading.pauses)) for t in triggers]
                for trigger, words in reached[number]:
                    if not trigger.shut_out:
                        for at in words:
                            reading.assertions[at] = trigger.what
        if reached:
            reading.cues = [
                _asserted(cue, reached.get(cue.clause, []), cue.kind in self._protective) for cue in reading.cues
            ]
        return doc

    def _triggers(self, reading: Reading, clause: Clause) -> tuple[list[_Trigger], list[int]]:
        """The triggers of a clause, weakest first, and where terminators stand. The longest wins."""
        matches = self._index.matches(reading.words, reading.stems, clause.start, clause.end)
        stops = sorted(m.start for m in matches if m.phrase.label == "terminators")
        # "Nobody has seen her" denies no danger, so it is listed as one that only looks like a trigger; it does deny
        # that she was seen. What is shut out in this way therefore still acts on protective cues.
        taken = [(m.start, m.end) for m in matches if m.phrase.label == "pseudo"]
        triggers: list[_Trigger] = []
        for match in sorted(matches, key=lambda m: m.start - m.end):
            if match.phrase.label in ("pseudo", "terminators"):
                continue
            shut_out = any(start < match.end <= end for start, end in taken)
            what, direction = match.phrase.label.split(" ")
            has_gap = ".." in match.phrase.source  # "no … seen" acts on what stands in its gap
            triggers.append(
                _Trigger(match.start, match.end, what, direction == "forward", self._scopes[what], has_gap, shut_out)
            )
        longest = [
            t
            for t in triggers
            if not any(
                o.start <= t.start and t.end <= o.end and o.end - o.start > t.end - t.start and o.forward == t.forward
                for o in triggers
            )
        ]
        return sorted(longest, key=lambda t: ASSERTIONS.index(t.what)), stops


def _asserted(cue: Cue, reached: list[_Reached], protective: bool) -> Cue:
    """The cue with its assertion. A cue's last word is its head more often than its first ("thoughts of suicide"); a
    trigger that begins inside the cue does not act on it ("not breathing" denies nothing)."""
    what = PRESENT
    for trigger, words in reached:
        inside = cue.start <= trigger.start < cue.end
        if cue.end - 1 in words and not inside and (protective or not trigger.shut_out):
            what = trigger.what
    return cue if what == cue.assertion else replace(cue, assertion=what)


def _reach(trigger: _Trigger, clause: Clause, stops: list[int], pauses: set[int]) -> range:
    if trigger.forward:
        start = trigger.start + 1 if trigger.has_gap else trigger.end
        end = min(trigger.end + trigger.scope, clause.end)
        end = min([end, *(s for s in stops if s >= start)])
        for pause in sorted(p for p in pauses if start < p < end):
            following = min([clause.end, *(p for p in pauses if p > pause)])
            if following - pause > _LIST_ITEM:
                return range(start, pause)
        return range(start, end)
    start, end = max(trigger.start - trigger.scope, clause.start), trigger.start
    start = max([start, *(s + 1 for s in stops if s < end), *(p for p in pauses if start < p < end)])
    return range(start, end)
