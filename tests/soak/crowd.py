"""Many reviewers on one queue, through several service processes: no incident decided twice, none lost.

``DATABASE=postgresql://… python -m tests.soak.crowd --models var/models --reviewers 50 --seconds 120``: an address may
hold a password, and everybody on a machine can read a program's arguments.
"""

import argparse
import os
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import select

from service.record import audit
from service.store import open_store
from service.store.tables import Decision, Incident
from tests.soak.services import make_token, running
from training.corpus import NARRATIVES, read_corpus

CALM = "Sister talking to the walls again, no threats."
RISKY = CALM + " She has a knife."


@dataclass
class Tally:
    """What the clients were told, to be compared with what the store holds."""

    answers: Counter[str] = field(default_factory=Counter)
    decided: list[tuple[str, int]] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


def crowd(
    database: str,
    reviewers: int,
    seconds: float,
    processes: int = 2,
    incidents: int = 10_000,
    models: Path | None = None,
) -> Tally:
    """Let senders and reviewers work for so many seconds, and check what is left. With ``models``, a registry, the
    services score narratives of the corpus with its current model; without, two sentences with a stand-in.

    Raises:
        AssertionError: an incident was decided twice at the same version, or lost, or the record does not hold.
    """
    sender = make_token(database, "scorer", "soak-sender")
    people = [make_token(database, "reviewer", f"reviewer-{number}") for number in range(reviewers)]
    tally, stop = Tally(), threading.Event()
    texts = [row.text for row in read_corpus([NARRATIVES])] if models else [CALM, RISKY]
    drawn = {"SIGNPOST_BLIND_EVERY": "0", "SIGNPOST_SECOND_READER_SHARE": "0"}
    with running(database, processes, models, **drawn) as addresses:
        threads = [
            threading.Thread(
                target=_send, args=(addresses[n % processes], f"S{n}", sender, tally, stop, incidents, texts)
            )
            for n in range(2 * processes)
        ]
        threads += [
            threading.Thread(target=_review, args=(addresses[n % processes], token, tally, stop, n))
            for n, token in enumerate(people)
        ]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        stop.set()
        for thread in threads:
            thread.join()
    check(database, tally)
    return tally


def check(database: str, tally: Tally) -> None:
    """Compare what was acknowledged with what the store holds."""
    store = open_store(database)
    with store.reading() as session:
        audit.verify(session)
        stands = {row.reference: row for row in session.execute(select(Incident.reference, Incident.state))}
        rows = session.execute(
            select(Incident.reference, Decision.version).join(Decision, Decision.incident_id == Incident.id)
        ).all()
    store.close()
    twice = [key for key, count in Counter((row[0], row[1]) for row in rows).items() if count > 1]
    assert not twice, f"decided twice: {len(twice)}"
    assert tally.sent <= stands.keys(), f"lost: {len(tally.sent - stands.keys())}"
    acknowledged = set(tally.decided)
    assert len(acknowledged) == len(tally.decided), "acknowledged twice"
    assert acknowledged <= {(row[0], row[1]) for row in rows}, "an acknowledged decision is not there"
    settled = {reference for reference, row in stands.items() if row.state == "settled"}
    assert settled == {row[0] for row in rows}, "an incident has left the queue without a decision, or not with one"
    unasked = {reference for reference, row in stands.items() if row.state == "unlisted"}
    assert unasked <= tally.passed | (stands.keys() - tally.sent), "nobody is asked about a flag or a review"


def _send(
    address: str, name: str, token: str, tally: Tally, stop: threading.Event, most: int, texts: list[str]
) -> None:
    draw = random.Random(name)
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        for number in range(most):
            if stop.is_set():
                return
            reference = f"{name}-{number}"
            response = client.put(f"/v1/incidents/{reference}", json={"text": draw.choice(texts)})
            with tally.lock:
                tally.answers[f"put {response.status_code}"] += 1
                if response.status_code == 200:
                    tally.sent.add(reference)
                    if response.json()["decision"] == "pass":
                        tally.passed.add(reference)


def _review(address: str, token: str, tally: Tally, stop: threading.Event, seed: int) -> None:
    draw = random.Random(seed)
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        while not stop.is_set():
            reference = client.post("/v1/queue/next").json()["reference"]
            if reference is None or draw.random() < 0.2:
                # Some do not take what is next, but what they see: the same as others see.
                items = client.get("/v1/queue").json()["items"]
                reference = items[0]["reference"] if items else None
            if reference is None:
                time.sleep(draw.uniform(0.2, 0.6))
                continue
            version = client.post(f"/v1/incidents/{reference}/open").json()["version"]
            body = {"version": version, "outcome": "police"}
            response = client.post(f"/v1/incidents/{reference}/decision", json=body)
            with tally.lock:
                code = "" if response.status_code == 200 else " " + response.json().get("code", "")
                tally.answers[f"decision {response.status_code}{code}"] += 1
                if response.status_code == 200:
                    tally.decided.append((reference, version))


def main() -> int:
    """Run it by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, help="A registry whose model scores; a stand-in otherwise.")
    parser.add_argument("--reviewers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    given = parser.parse_args()
    tally = crowd(os.environ["DATABASE"], given.reviewers, given.seconds, models=given.models)
    sent = f"{len(tally.sent):,} incidents ({len(tally.passed):,} of them pass)"
    print(f"{sent}, {len(tally.decided):,} decisions; none twice, none lost; the record holds.")
    for answer, count in sorted(tally.answers.items()):
        print(f"  {count:>7,}  {answer}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
