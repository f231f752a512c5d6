"""``make check-data``: is every labelled narrative valid, every author in a split, every lexicon entry readable?"""

import sys
from collections import Counter

from model.cues import load_kinds
from model.decision import load_policy, load_stop_cues
from model.errors import SignpostError
from model.labelled import ContrastNarrative, LabelledNarrative
from model.language import build
from training.corpus import CONTRAST, NARRATIVES, read_rows
from training.splits import read_splits


def main() -> int:
    """Print what was found; 1 when anything is wrong."""
    rows, faults = read_rows([NARRATIVES], LabelledNarrative)
    members, contrast_faults = read_rows([CONTRAST], ContrastNarrative)
    problems = [str(f) for f in (*faults, *contrast_faults)]
    try:
        splits = read_splits()
        parts = Counter(splits.part(row) for row in rows)
        problems += [
            f"{row.id}: family {row.family!r} is held out of training and calibration"
            for row in rows
            if row.family in splits.unseen_families and not splits.part(row).startswith("test")
        ]
        build()
        kinds = load_kinds()
        load_stop_cues(kinds=kinds)
        load_policy(kinds=kinds)
    except SignpostError as error:
        problems.append(str(error))
    else:
        print(f"{len(rows)} narratives by {len({r.author for r in rows})} writers: {dict(sorted(parts.items()))}")
        print(f"{len(members)} members of {len({m.group for m in members})} contrast groups")
        print(f"{sum(len(k.phrases) for k in kinds.values())} cues of {len(kinds)} kinds")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
