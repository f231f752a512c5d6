"""A real scheduler and two worker processes: the same bytes, with a worker killed on the way too."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joblib import Parallel, delayed

from model.bulk.cluster import connected
from model.errors import ClusterError
from model.scorer import Scorer

from .conftest import hashes, score_all

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler behind a TCP port of this machine and two worker processes."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", memory_limit=None
    ) as running:
        yield running


def test_a_cluster_gives_the_same_bytes_though_a_worker_is_killed(
    cluster: Any, calls: Path, alone: dict[str, str], scorer: Scorer, small_model: Path, tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill_one_that_works(done: int, total: int) -> None:
        if not killed:
            with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
                busy = [worker for worker, keys in client.processing().items() if keys]
                pids = client.run(os.getpid)
                killed.append(pids[busy[0]])
            os.kill(killed[0], signal.SIGKILL)

    address = cluster.scheduler_address
    summary = score_all(calls, tmp_path, scorer, small_model, cluster=address, advance=kill_one_that_works)
    assert killed
    assert (summary.rows, summary.faults) == (230, {})
    assert hashes(tmp_path) == alone


def test_what_goes_through_joblib_goes_to_the_cluster(cluster: Any) -> None:
    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        client.wait_for_workers(2)  # one was killed, and may not be back yet
    with connected(cluster.scheduler_address):
        assert os.getpid() not in Parallel()(delayed(os.getpid)() for _ in range(12))
    with connected(None):
        assert set(Parallel()(delayed(os.getpid)() for _ in range(2))) == {os.getpid()}


def test_where_no_scheduler_answers_it_is_said() -> None:
    with pytest.raises(ClusterError) as refused, connected("tcp://127.0.0.1:9", patience="1s"):
        pass
    assert refused.value.code == "cluster-unreachable"


def test_a_cluster_that_joblib_would_not_use_is_said() -> None:
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0") as small,
        pytest.raises(ClusterError) as refused,
        connected(small.scheduler_address),
    ):
        pass
    assert refused.value.code == "cluster-too-small"
