"""The way to a Dask cluster: within ``connected``, everything that goes through joblib goes to its workers.

Dask (the extra ``cluster``) does what must survive machines: it gives the tasks of a worker that died to another.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from joblib import parallel_config

from model.errors import ClusterError

_PATIENCE: Final = "30s"


@contextmanager
def connected(address: str | None, patience: str = _PATIENCE) -> Iterator[None]:
    """Send joblib's work to the cluster whose scheduler answers at ``address`` (``tcp://host:8786``); without an
    address, leave it on this machine. ``patience`` is how long to wait for an answer.

    Raises:
        ClusterError: ``cluster-not-installed``, ``cluster-unreachable``, ``cluster-too-small`` or ``worker-lost`` (the
            same task killed several workers).
    """
    if address is None:
        yield
        return
    try:
        from distributed import Client, KilledWorker
    except ModuleNotFoundError:
        raise ClusterError(
            "cluster-not-installed", "Dask is not installed here. Install Signpost with its extra `cluster`."
        ) from None
    try:
        client = Client(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        raise ClusterError(
            "cluster-unreachable",
            f"No Dask scheduler answers at {address} ({type(error).__name__}). Give its address as the "
            "scheduler prints it, such as tcp://host:8786.",
        ) from None
    with client:
        cores = sum(client.nthreads().values())
        if cores < 2:
            # Joblib does not send work to a single core: it would be done here, without a word.
            raise ClusterError(
                "cluster-too-small",
                f"The workers of {address} have {cores} cores, and 2 are needed. Start more, or omit --cluster.",
            )
        with parallel_config(backend="dask", client=client):
            try:
                yield
            except KilledWorker:
                raise ClusterError(
                    "worker-lost",
                    "The same piece of work killed one worker after another, perhaps for want of memory. What is "
                    "finished stays: run the same command again, with workers that have more memory.",
                ) from None
