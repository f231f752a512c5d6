"""What was freed goes back to the system."""

import subprocess
import sys

import pytest

from service import memory

_FREED = """
import os
from service.memory import few_arenas, give_back

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

few_arenas()
blocks = [bytearray(b"x" * 60_000) for _ in range(4_000)]
blocks = blocks[::50]  # what stays lies between what went, so that nothing goes by itself
held = resident()
give_back()
print(held - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks glibc")
def test_memory_that_lies_free_between_what_is_used_goes_back() -> None:
    done = subprocess.run([sys.executable, "-c", _FREED], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 100_000_000


def test_where_there_is_no_glibc_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Another:
        """A C library that knows neither function."""

    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: Another())
    memory.few_arenas()
    memory.give_back()
