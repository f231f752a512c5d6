"""The search on a real scheduler with two worker processes: the same result as here."""

from pathlib import Path

import pytest

from model.bulk.cluster import connected
from training.corpus import NARRATIVES, read_corpus
from training.search import search

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

SPACE = """
folds = 2
most_rows = 120
[space]
"head.C" = [10.0, 30.0]
"""


def test_a_cluster_finds_the_same_to_the_bit_and_keeps_every_fold(tmp_path: Path) -> None:
    rows = [row for n in range(1, 7) for row in read_corpus([NARRATIVES / f"a0{n}.jsonl"])[:20]]
    groups = [row.author for row in rows]
    (tmp_path / "space.toml").write_text(SPACE)
    here = search(rows, groups, tmp_path / "here", jobs=1, space=tmp_path / "space.toml")
    told: list[tuple[int, int]] = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", memory_limit=None
        ) as cluster,
        connected(cluster.scheduler_address),
    ):
        there = search(
            rows, groups, tmp_path / "there", progress=lambda *t: told.append(t), space=tmp_path / "space.toml"
        )
        with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
            events = client.run(lambda: __import__("sys").modules["training.folds"]._read.cache_info().misses)
    assert there == here
    assert told[0] == (0, 4) and told[-1] == (4, 4)
    assert sum(events.values()) >= 1  # the workers read the rows: it was they who computed
    files = [{path.name: path.read_bytes() for path in (tmp_path / at).iterdir()} for at in ("here", "there")]
    assert files[0] == files[1] and len(files[0]) == 4
