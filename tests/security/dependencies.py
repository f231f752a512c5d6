"""Known weaknesses of what Signpost depends on, by pip-audit: ``make dependencies``.

Exit status: 0 none is known, 1 some are, 2 the source of weaknesses could not be reached, so that nothing is known.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

import orjson

PROGRAM: Final = Path(sys.executable).with_name("pip-audit")
REQUIREMENTS: Final = Path(__file__).parents[2] / "requirements"


def audit(requirements: Path, program: Path = PROGRAM) -> tuple[int, list[str]]:
    """Ask about every pinned version of one file, and give the exit status with what to say."""
    # OSV, since the index's own answers may come from a mirror, which leaves weaknesses out without a word.
    command = [program, "--requirement", requirements, "--disable-pip", "--no-deps", "--vulnerability-service", "osv"]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, check=False)
    try:
        found = orjson.loads(done.stdout)["dependencies"]
    except (orjson.JSONDecodeError, KeyError):
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
        return 2, [f"{requirements.name}: NOT CHECKED, the source of weaknesses did not answer ({reason[:160]})"]
    weak = [d for d in found if d.get("vulns")]
    skipped = [d["name"] for d in found if "skip_reason" in d]
    said = [f"{requirements.name}: {d['name']} {d['version']}: {', '.join(v['id'] for v in d['vulns'])}" for d in weak]
    if skipped:
        said.append(f"{requirements.name}: NOT CHECKED: {', '.join(skipped)}")
    status = 1 if weak else 2 if skipped else 0
    return status, said or [f"{requirements.name}: {len(found)} versions, no known weakness"]


def main() -> int:
    """Ask about every file of requirements."""
    statuses = []
    for requirements in sorted(REQUIREMENTS.glob("*.txt")):
        status, said = audit(requirements)
        statuses.append(status)
        print("\n".join(said), flush=True)
        if status == 2:
            break  # the next one would wait as long, and hear as little
    return 1 if 1 in statuses else max(statuses)


if __name__ == "__main__":
    sys.exit(main())
