"""The three parts of a retraining: a force's own rows, with the synthetic corpus beside them where it helps."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from model.labelled import LabelledNarrative
from training.corpus import NARRATIVES, read_corpus
from training.intake import Example
from training.partition import Partition, read_rules
from training.seen import fingerprint
from training.splits import read_splits


@dataclass(frozen=True, slots=True)
class Part:
    """Rows with their groups; ``own`` says which are the force's."""

    rows: list[LabelledNarrative] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    own: list[bool] = field(default_factory=list)
    blind: list[bool] = field(default_factory=list)

    def extend(self, rows: Sequence[LabelledNarrative]) -> None:
        """Add rows of the corpus, each writer a group."""
        self.rows.extend(rows)
        self.groups.extend(f"corpus {row.author}" for row in rows)
        self.own.extend([False] * len(rows))
        self.blind.extend([False] * len(rows))

    def without(self, fingerprints: frozenset[str]) -> "Part":
        """The rows that are none of these."""
        return self.only([i for i, row in enumerate(self.rows) if fingerprint(row.text) not in fingerprints])

    def only(self, places: Sequence[int]) -> "Part":
        """The rows at these places."""
        columns = (self.rows, self.groups, self.own, self.blind)
        return Part(*([column[i] for i in places] for column in columns))  # type: ignore[arg-type]

    def facts(self) -> dict[str, Any]:
        """For the report, JSON-able."""
        number = max(1, len(self.rows))
        return {
            "rows": len(self.rows),
            "own": sum(self.own),
            "groups": len(set(self.groups)),
            "share_mental_health_only": sum(row.mental_health_only for row in self.rows) / number,
            "share_needing_the_police": sum(row.needs_police for row in self.rows) / number,
            "styles": dict(sorted(Counter(row.style for row in self.rows).items())),
        }


@dataclass(frozen=True, slots=True)
class Parts:
    """Who trains, who calibrates, who judges, and what was done about the corpus, in words."""

    training: Part
    calibration: Part
    held: Part
    words: list[str]


def make_parts(examples: Sequence[Example], split: Partition, with_corpus: bool) -> Parts:
    """The parts of a force's own rows, filled up from the corpus where asked.

    The corpus's own split is kept: its training writers train, its calibration writers calibrate, its test writers
    judge, and the last two only where the force's own rows are too few to do it alone.
    """

    def part(places: Sequence[int]) -> Part:
        some = [examples[i] for i in places]
        return Part(
            [e.narrative for e in some],
            [split.groups[i] for i in places],
            [True] * len(some),
            [e.blind is True for e in some],
        )

    training, calibration, held = part(split.training), part(split.calibration), part(split.held)
    words: list[str] = []
    if not with_corpus:
        return Parts(training, calibration, held, ["The synthetic corpus was left out."])
    mine = {fingerprint(example.narrative.text) for example in examples}
    splits = read_splits()
    corpus = [row for row in read_corpus([NARRATIVES]) if fingerprint(row.text) not in mine]
    training.extend(splits.of(corpus, "training"))
    enough = int(read_rules()["enough"])
    for name, its, corpus_part in (("calibrates", calibration, "calibration"), ("judges", held, "test")):
        police = sum(row.needs_police for row in its.rows)
        if police >= enough:
            words.append(f"Only the force's own rows: what {name} has {police:,} that need the police.")
            continue
        its.extend(splits.of(corpus, corpus_part))
        words.append(
            f"What {name} has {police:,} of the force's own rows that need the police, where {enough} would do by "
            "themselves; so synthetic narratives stand beside them, and the figures are partly about those."
        )
    return Parts(training, calibration, held, words)
