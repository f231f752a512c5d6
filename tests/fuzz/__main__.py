"""A million inputs: ``make fuzz INPUTS=1000000``, or ``python -m tests.fuzz --target reading --number 417`` for one.

Each target gets its share of the inputs. What fails or takes more than a second of processor time is named by target
and number, never shown: ``--number`` makes the same input again, with its traceback.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final

from tests.fuzz import wire
from tests.fuzz.targets import IN_PROCESS

_SECONDS: Final = 1.0
_MOST_NAMED: Final = 20
_SHARES: Final = {
    "cleaning": 0.40,
    "phrases": 0.25,
    "reading": 0.12,
    "delimited": 0.08,
    "json_lines": 0.06,
    "lexicon": 0.02,
    "scoring": 0.04,
    "wire": 0.02,
    "parquet": 0.007,
    "workbooks": 0.003,
}


class HangError(Exception):
    """An input took too long."""


def fuzz(name: str, check: Callable[[int], Any], first: int, inputs: int) -> list[str]:
    """Give a target so many inputs, from number ``first`` on, and return what was found, by number."""
    found: list[str] = []
    check(first - 1)  # what is loaded once is not counted as a hang
    begun = time.perf_counter()
    for number in range(first, first + inputs):
        try:
            with _watched():
                check(number)
        except Exception as error:
            found.append(f"{name} {number}: {type(error).__name__}")
    seconds = time.perf_counter() - begun
    print(f"{name:<11} {inputs:>9,} inputs  {len(found):>4} findings  {seconds:>7,.0f} s", flush=True)
    for finding in found[:_MOST_NAMED]:
        print(f"  {finding}", flush=True)
    return found


@contextmanager
def _watched() -> Iterator[None]:
    # In processor time: a machine with other work on it must not look like a hang.
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def hang(_: int, __: FrameType | None) -> None:
    """What the watchdog does."""
    raise HangError


def main() -> int:
    """Run it by hand."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="In all; each target has its share.")
    parser.add_argument("--target", choices=_SHARES, action="append", help="Only this one (may be repeated).")
    parser.add_argument("--number", type=int, help="One input again, with its traceback.")
    parser.add_argument("--first", type=int, default=1, help="The number of the first input.")
    parser.add_argument("--models", type=Path, default=Path("var/models"))
    given = parser.parse_args()
    targets: dict[str, Callable[[int], Any]] = {
        **IN_PROCESS,
        "scoring": partial(IN_PROCESS["scoring"], models=given.models),
    }
    signal.signal(signal.SIGPROF, hang)
    names = given.target or list(_SHARES)
    if given.number is not None:
        for name in names:
            targets[name](given.number)
        return 0
    found: list[str] = []
    for name in names:
        inputs = max(1, round(given.inputs * _SHARES[name] / sum(_SHARES[n] for n in names)))
        if name == "wire":
            with wire.service() as send:
                found += fuzz(name, send, given.first, inputs)
        else:
            found += fuzz(name, targets[name], given.first, inputs)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
