"""How long a page of the queue takes with 1,000 incidents in the store, and with 100,000.

``[DATABASE=URL] python -m tests.bench.queue_page``; exit status 1 when the longer is more than twice the shorter.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, text

from service.desk import queue
from service.person import Person
from service.settings import Settings
from service.store import Store, open_store
from service.store.tables import Incident, Version

_NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
_ANN = Person("ann", "reviewer")
_TOGETHER = 5_000
_MOST = 2.0


def fill(store: Store, first: int, count: int, waiting_share: float) -> None:
    """Add incidents, spread over the states, deadlines and priorities that a queue has."""
    score = {"confidence": 0.5, "decision": "review", "because": [], "reasons": []}
    for start in range(first, first + count, _TOGETHER):
        numbers = range(start, min(start + _TOGETHER, first + count))
        with store.writing() as session:
            session.execute(insert(Incident), [_incident(n, waiting_share) for n in numbers])
            rows = [
                {"incident_id": n, "number": 1, "at": _NOW, "sender": "bench", "text": "x", "text_sha256": "0" * 64}
                | {"score": score, "stop_cues": []}
                for n in numbers
            ]
            session.execute(insert(Version), rows)


def page_seconds(store: Store, times: int = 40) -> float:
    """The median time of a page, counts included."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    taken, settings = [], Settings()
    for _ in range(times):
        with store.reading() as session:
            started = time.perf_counter()
            queue.page(session, _ANN, settings, _NOW)
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def compare(database: str, waiting_share: float, few: int = 1_000, many: int = 100_000) -> tuple[float, float]:
    """Seconds of a page with few and with many incidents in the store, so many of them waiting."""
    store = open_store(database)
    fill(store, 1, few, waiting_share)
    short = page_seconds(store)
    fill(store, few + 1, many - few, waiting_share)
    long = page_seconds(store)
    store.close()
    return short, long


def _incident(number: int, waiting_share: float) -> dict[str, object]:
    spread = (number * 7919) % 1000 / 1000
    waiting = spread < waiting_share
    return {
        "id": number,
        "reference": f"B{number}",
        "version": 1,
        "state": "waiting" if waiting else "settled",
        "decision": "review",
        "priority": round(spread * 11, 4),
        "deadline": _NOW + timedelta(minutes=number % 60 - 1) if waiting else None,
        "escalated_at": _NOW if waiting and number % 500 == 0 else None,
        "blind": number % 20 == 0,
        "twice": False,
        "created_at": _NOW,
        "updated_at": _NOW,
    }


def main() -> int:
    """Run it by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    good = True
    for share, words in ((0.1, "one in ten waiting"), (1.0, "all waiting")):
        with tempfile.TemporaryDirectory() as folder:
            database = os.environ.get("DATABASE") or f"sqlite:///{Path(folder) / 'bench.db'}"
            short, long = compare(database, share)
        good = good and long <= _MOST * short
        figures = f"{short * 1000:6.1f} ms with 1,000, {long * 1000:6.1f} ms with 100,000: ratio {long / short:.2f}"
        print(f"queue page, {words}: {figures}")
        if os.environ.get("DATABASE"):
            break  # it is not empty any more
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
