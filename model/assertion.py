"""Assertion: is a thing reported as present, denied, past, conditional, or about somebody else?

In the spirit of ConText (Harkema et al. 2009, doi 10.1016/j.jbi.2009.05.002): triggers, a direction, a scope and
terminators, all data, tuned to the clauses of control-room text.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from spacy.tokens import Doc

from model.phrases import LEXICON, Phrase, PhraseIndex, compile_phrase, read_classes, read_toml
from model.reading import Clause, Reading, reading_of

PRESENT: Final = "present"
ASSERTIONS: Final = ("negated", "historical", "conditional", "other_person")
"""Weakest first: where scopes overlap, the later one names what the words are about."""

_LIST_ITEM: Final = 3
"""A scope passes a comma only into a list: at most so many words up to the next comma or the end of the clause."""


@dataclass(frozen=True, slots=True)
class _Trigger:
    start: int
    end: int
    what: str
    forward: bool
    scope: int


class AssertionMarker:
    """Component: marks each word and each cue with its assertion."""

    def __init__(self, lexicon: Path = LEXICON) -> None:
        classes = read_classes(lexicon)
        rules = read_toml(lexicon / "assertion.toml")
        phrases: list[Phrase] = []
        self._scopes: dict[str, int] = {}
        for what in ASSERTIONS:
            table = rules.get(what, {})
            self._scopes[what] = table.get("scope", 8)
            for direction in ("forward", "backward"):
                phrases += [compile_phrase(p, f"{what} {direction}", classes) for p in table.get(direction, [])]
        for name in ("pseudo", "terminators"):
            phrases += [compile_phrase(p, name, classes) for p in rules[name]["phrases"]]
        self._index = PhraseIndex(phrases)

    def __call__(self, doc: Doc) -> Doc:
        reading = reading_of(doc)
        assertions = reading.assertions = [PRESENT] * len(reading.words)
        cues_of: dict[int, list[tuple[int, int]]] = {}
        for cue in reading.cues:
            cues_of.setdefault(cue.clause, []).append((cue.start, cue.end))
        for number, clause in enumerate(reading.clauses):
            triggers, stops = self._triggers(reading, clause, cues_of.get(number, []))
            for trigger in sorted(triggers, key=lambda t: ASSERTIONS.index(t.what)):
                for at in _reach(trigger, clause, stops, reading.pauses):
                    assertions[at] = trigger.what
        if any(a is not PRESENT for a in assertions):
            # A cue's last word is its head more often than its first ("thoughts of suicide", "has a knife").
            reading.cues = [replace(c, assertion=assertions[c.end - 1]) for c in reading.cues]
        return doc

    def _triggers(
        self, reading: Reading, clause: Clause, cues: list[tuple[int, int]]
    ) -> tuple[list[_Trigger], list[int]]:
        matches = self._index.matches(reading.words, reading.stems, clause.start, clause.end)
        if not matches:
            return [], []
        # "not breathing" is a cue, not a denial of breathing; one more place on the right shuts out an equal span too.
        taken = [(m.start, m.end + 1) for m in matches if m.phrase.label == "pseudo"]
        taken += [(start, end + 1) for start, end in cues if end - start > 1]
        triggers: list[_Trigger] = []
        stops: list[int] = []
        for match in sorted(matches, key=lambda m: m.start - m.end):
            label = match.phrase.label
            if label == "pseudo":
                continue
            if label == "terminators":
                stops.append(match.start)
                continue
            if any(
                start <= match.start and match.end <= end and (start, end) != (match.start, match.end)
                for start, end in taken
            ):
                continue
            what, direction = label.split(" ")
            triggers.append(_Trigger(match.start, match.end, what, direction == "forward", self._scopes[what]))
            taken.append((match.start, match.end))
        return triggers, sorted(stops)


def _reach(trigger: _Trigger, clause: Clause, stops: list[int], pauses: set[int]) -> range:
    if trigger.forward:
        start, end = trigger.end, min(trigger.end + trigger.scope, clause.end)
        end = min([end, *(s for s in stops if s >= start)])
        for pause in sorted(p for p in pauses if start < p < end):
            following = min([clause.end, *(p for p in pauses if p > pause)])
            if following - pause > _LIST_ITEM:
                return range(start, pause)
        return range(start, end)
    start, end = max(trigger.start - trigger.scope, clause.start), trigger.start
    start = max([start, *(s + 1 for s in stops if s < end), *(p for p in pauses if start < p < end)])
    return range(start, end)
