"""The OpenAPI document tried on a running service, by schemathesis: does it answer what it says, and only that?

``python -m tests.fuzz.interface --models var/models --examples 500``
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx

from tests.fuzz.formats import REFERENCES
from tests.soak.services import ROOT, make_token, running

_CONFIGURATION: Final = Path(__file__).with_name("schemathesis.toml")


def attempt(models: Path | None, examples: int, seed: int, folder: Path) -> subprocess.CompletedProcess[str]:
    """Try every operation with at most so many examples of each kind, and give what schemathesis says.

    Args:
        models: a registry whose current model answers; a stand-in otherwise.
        folder: where the service keeps its database.
    """
    database = f"sqlite:///{folder / 'fuzz.db'}"
    token = make_token(database, "administrator", "fuzz")
    unhindered = {"SIGNPOST_RATE_FAILURES": "1000000/minute", "SIGNPOST_PROFILES": str(folder / "profiles")}
    with running(database, 1, models, **unhindered) as (address,):
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:
            for reference in REFERENCES:
                text = "Sister talking to the walls again, no threats."
                client.put(f"/v1/incidents/{quote(reference, safe='')}", json={"text": text}).raise_for_status()
        program = Path(sys.executable).with_name("schemathesis")
        return subprocess.run(
            [program, "--config-file", _CONFIGURATION, "run", f"{address}/openapi.json",
             "--max-examples", str(examples), "--seed", str(seed), "--no-color"],
            cwd=ROOT,
            # The token in the environment: arguments can be read by everybody on the machine.
            env=os.environ | {"PYTHONPATH": str(ROOT), "SIGNPOST_ADDRESS": address, "SIGNPOST_TOKEN": token},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip


def main() -> int:
    """Run it by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=Path("var/models"), help="A registry whose model answers.")
    parser.add_argument("--examples", type=int, default=500, help="For each operation and kind, at most.")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = attempt(given.models, given.examples, given.seed, Path(folder))
    print(done.stdout, done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
