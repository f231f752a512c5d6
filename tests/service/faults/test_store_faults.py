"""The database away, full or held by others: what is said, what goes on, and that nothing acknowledged is lost."""

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.engine import make_url

from service.app import create_app
from service.settings import Settings
from service.store import database as store_database
from service.store import open_store
from tests.service.conftest import TOKEN, fresh_database
from tests.soak.crash import check
from tests.soak.services import PROGRAM, ROOT, address_of, make_token, start

Serve = Callable[[FastAPI], str]
CALM = {"text": "hearing voices"}


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come back"
        time.sleep(0.05)


def trouble(client: httpx.Client) -> str:
    """What readiness says of the database; readiness itself stays, since scores go on."""
    said = client.get("/health/ready")
    assert said.status_code == 200
    return str(said.json().get("database", ""))


def refused(answer: httpx.Response, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "signpost.db"


def test_a_file_that_another_program_holds_delays_nobody_who_reads(
    serve: Serve, scorer: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_database, "_BUSY_SECONDS", 0.3)
    app = create_app(Settings(database=f"sqlite:///{file}"), scorer, TOKEN)
    with httpx.Client(base_url=serve(app), headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        assert client.put("/v1/incidents/before", json=CALM).status_code == 200
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            refused(client.put("/v1/incidents/during", json=CALM), "database-busy")
            assert "database-busy" in trouble(client)
            assert client.get("/v1/queue").status_code == 200
            assert client.post("/v1/score", json=CALM).status_code == 200
            other.execute("ROLLBACK")
        wait_until(lambda: not trouble(client))  # nobody has to write for it
        assert client.put("/v1/incidents/after", json=CALM).status_code == 200
    check(f"sqlite:///{file}", {("before", 1), ("after", 1)})


def test_writers_who_wait_leave_threads_to_readers(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_database, "_BUSY_SECONDS", 0.5)
    store = open_store(f"sqlite:///{file}")
    told: list[str] = []

    def write() -> None:
        try:
            store.probe()
        except Exception as error:
            told.append(getattr(error, "code", ""))

    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        crowd = [threading.Thread(target=write) for _ in range(60)]
        for one in crowd:
            one.start()
        wait_until(lambda: len(told) >= 60 - store_database._WRITERS)
        early = time.monotonic() - began
        for one in crowd:
            one.join()
        assert told == ["database-busy"] * 60
        # All at once give up when the first does, not one after the other: 24 times as long.
        assert time.monotonic() - began < early + store_database._WRITERS * 0.5 / 2
    store.probe()
    store.close()


class Relay:
    """Between service and database: can be cut, and restored at the same address."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.restore()

    def cut(self) -> None:
        # A close alone does not wake the thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open.clear()

    def restore(self) -> None:
        if self._listener.fileno() < 0:
            self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while got := source.recv(65_536):
                sink.sendall(got)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)


def test_a_database_that_goes_away_and_comes_back(serve: Serve, scorer: Any, tmp_path: Path) -> None:
    with fresh_database("postgresql", tmp_path) as url:
        direct = make_url(url)
        relay = Relay(direct.host or "127.0.0.1", direct.port or 5432)
        through = direct.set(host="127.0.0.1", port=relay.port).render_as_string(hide_password=False)
        machine = make_token(url, "scorer", "machine")
        address = serve(create_app(Settings(database=through), scorer, TOKEN))
        acknowledged: set[tuple[str, int]] = set()
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {machine}"}, timeout=60) as client:
            for turn in range(2):
                answer = client.put(f"/v1/incidents/{turn}", json=CALM)
                assert answer.status_code == 200
                acknowledged.add((str(turn), answer.json()["version"]))
                relay.cut()
                refused(client.put(f"/v1/incidents/lost-{turn}", json=CALM), "database-unreachable")
                assert "database-unreachable" in trouble(client)
                # Let in a moment ago: scored as before, though nobody can look the token up.
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr("service.access._REMEMBERED_SECONDS", -1.0)
                    assert [client.post("/v1/score", json=CALM).status_code for _ in range(5)] == [200] * 5
                stranger = {"Authorization": "Bearer never-seen"}
                refused(client.post("/v1/score", json=CALM, headers=stranger), "database-unreachable")
                relay.restore()
                wait_until(lambda: not trouble(client))
            assert client.put("/v1/incidents/after", json=CALM).status_code == 200
        check(url, acknowledged | {("after", 1)})
        relay.cut()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], Path]]]:
    """Starts a service whose database lies on a disk of 8 MB of its own, and gives the process with the disk's folder
    as this process can reach it."""
    unshare, disk = shutil.which("unshare"), tmp_path / "disk"
    if not unshare or subprocess.run([unshare, "-Urm", "true"], capture_output=True).returncode:
        pytest.skip("no user namespaces here: a small disk cannot be mounted")
    disk.mkdir()
    started: list[subprocess.Popen[str]] = []

    def begin() -> tuple[subprocess.Popen[str], Path]:
        env = os.environ | {
            "SIGNPOST_DATABASE": f"sqlite:///{disk}/signpost.db",
            "SIGNPOST_PROFILES": f"{disk}/profiles",
        }
        env |= {"SIGNPOST_PROFILE_SECONDS": "0.2", "SIGNPOST_PORT": "0"}
        mounted = f'mount -t tmpfs -o size=8m none "{disk}" && exec "$0" "$@" 2>"{disk}/log"'
        stand_in = str(ROOT / "tests" / "service" / "conftest.py")
        process = subprocess.Popen(
            [unshare, "-Urm", "sh", "-c", mounted, sys.executable, "-c", PROGRAM, stand_in],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, Path(f"/proc/{process.pid}/root{disk}")

    yield begin
    for process in started:
        process.kill()
        process.wait(timeout=30)
        if process.stdout:
            process.stdout.close()


def test_a_full_disk_is_said_costs_no_score_and_is_over_when_there_is_room(
    small_disk: Callable[[], tuple[subprocess.Popen[str], Path]], tmp_path: Path
) -> None:
    """Database, log and statistics are all on the disk that is full."""
    process, disk = small_disk()
    base, token = address_of(process).split("/?token=")
    acknowledged: set[tuple[str, int]] = set()
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:

        def send(reference: str) -> httpx.Response:
            answer = client.put(f"/v1/incidents/{reference}", json={"text": "hearing voices " * 500 + reference})
            if answer.status_code == 200:
                acknowledged.add((reference, answer.json()["version"]))
            return answer

        for turn in range(2):
            assert send(f"before-{turn}").status_code == 200
            filler = disk / "filler"
            with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while file.write(b"x" * 4096):
                    pass
            for number in range(200):  # what the write-ahead log has room for still goes in
                if (answer := send(f"during-{turn}-{number}")).status_code != 200:
                    break
            refused(answer, "database-full")
            assert "database-full" in trouble(client)
            assert [client.post("/v1/score", json=CALM).status_code for _ in range(20)] == [200] * 20
            time.sleep(0.5)  # the statistics of these are due
            filler.unlink()
            wait_until(lambda: not trouble(client))
        assert send("after").status_code == 200
        copied = tmp_path / "copied.db"
        process.send_signal(signal.SIGSTOP)  # and killed, without a chance to tidy up
        for name in ("signpost.db", "signpost.db-wal"):
            if (disk / name).exists():
                shutil.copy(disk / name, copied.with_name(name.replace("signpost", "copied")))
    check(f"sqlite:///{copied}", acknowledged)


def test_what_a_service_acknowledged_outlives_its_sudden_end(file: Path) -> None:
    url = f"sqlite:///{file}"
    token, acknowledged = make_token(url, "scorer", "machine"), set[tuple[str, int]]()
    process = start(url)
    address = address_of(process)

    def send(name: str) -> None:
        with (
            httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client,
            contextlib.suppress(httpx.HTTPError),
        ):
            for number in range(1000):
                answer = client.put(f"/v1/incidents/{name}-{number}", json=CALM)
                if answer.status_code == 200:
                    acknowledged.add((f"{name}-{number}", answer.json()["version"]))

    senders = [threading.Thread(target=send, args=(f"S{n}",)) for n in range(4)]
    for sender in senders:
        sender.start()
    wait_until(lambda: len(acknowledged) > 20)
    process.kill()
    process.wait(timeout=30)
    for sender in senders:
        sender.join(timeout=60)
    check(url, acknowledged)
    if process.stdout:
        process.stdout.close()
