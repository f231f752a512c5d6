"""A writer killed in the middle, again and again: every write that was acknowledged is there, and the record holds.

``DATABASE=sqlite:///FILE python -m tests.soak.crash --kills 100``: an address may hold a password, and everybody on a
machine can read a program's arguments.
"""

import argparse
import multiprocessing
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from service.desk import incidents
from service.record import audit
from service.settings import Settings
from service.store import open_store
from service.store.tables import Incident, Version
from tests.service.conftest import StandIn

_PROCESSES = multiprocessing.get_context("fork")  # a writer must start at once, not import everything again


def write_on_and_on(database: str, name: str, out: int) -> None:
    """Send logs, two versions each, and say so after each answer, until somebody kills this process."""
    store, settings, scorer, number = open_store(database), Settings(), StandIn(), 0
    while True:
        number += 1
        log = incidents.Log(f"{name}-{number // 2}", f"hearing voices, entry {number}", "crash")
        arrival = incidents.receive(store, scorer, log, settings, datetime.now(UTC))
        os.write(out, f"{arrival.reference} {arrival.version}\n".encode())


def crash(database: str, kills: int, seed: int = 7) -> int:
    """Start a writer, kill it (-9) at a moment drawn at random, look; so many times. The number of writes that held.

    Raises:
        AssertionError: an acknowledged write is not there, or the record does not hold.
    """
    draw = random.Random(seed)
    open_store(database).close()
    acknowledged: set[tuple[str, int]] = set()
    for number in range(kills):
        lines = _write_and_die(database, f"K{number}", draw.random() * 0.15)
        # The last line may be half a line: then nobody was told.
        acknowledged |= {(ref, int(n)) for ref, n in (line.split() for line in lines if line.endswith("\n"))}
        check(database, acknowledged)
    return len(acknowledged)


def _write_and_die(database: str, name: str, seconds: float) -> list[str]:
    out, into = os.pipe()
    writer: Any = _PROCESSES.Process(target=write_on_and_on, args=(database, name, into))
    writer.start()
    os.close(into)
    with os.fdopen(out) as told:
        first = told.readline()
        time.sleep(seconds)
        os.kill(writer.pid, signal.SIGKILL)
        lines = [first, *told]
    writer.join()
    return lines


def check(database: str, acknowledged: set[tuple[str, int]]) -> None:
    """Compare what was acknowledged with what is there, and read the record."""
    store = open_store(database)
    with store.reading() as session:
        rows = session.execute(select(Incident.reference, Version.number).join(Version))
        missing = acknowledged - {(row[0], row[1]) for row in rows}
        assert not missing, f"{len(missing)} acknowledged writes are not there"
        audit.verify(session)
    store.close()


def main() -> int:
    """Run it by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    given = parser.parse_args()
    held = crash(os.environ["DATABASE"], given.kills)
    print(f"{given.kills} kills; all {held:,} acknowledged writes are there; the record holds.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
