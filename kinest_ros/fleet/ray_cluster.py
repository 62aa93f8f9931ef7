# SPDX-License-Identifier: Apache-2.0
"""Workers of a Ray cluster: one started here, or one that runs already."""

from __future__ import annotations

import logging
import os
import pickle
import re
import socket
from hashlib import blake2b
from typing import Any

from kinest_ros.errors import KinestError
from kinest_ros.fleet.engine import ATTEMPTS, given_up
from kinest_ros.fleet.listing import Listed
from kinest_ros.fleet.task import Done, Task
from kinest_ros.fleet.worker import do_bag

#: Address that stands for a cluster of this machine alone, for the time of the command.
LOCAL = "local"
#: Bags that wait in the cluster for each that is being done.
_AHEAD = 2
_PATIENCE = 5.0  # s, for a cluster to answer
_OBJECT_STORE = 128 << 20  # bytes; only rows of results go through it


class RayCluster:
    """Gives each bag to the cluster as a task of one core; Ray begins it again if a worker dies."""

    def __init__(self, task: Task, address: str = LOCAL, workers: int | None = None) -> None:
        """Connect.

        Args:
            task: what to do with each bag.
            address: as `ray.init` takes it: HOST:PORT, auto, ray://HOST:PORT; or LOCAL.
            workers: of a local cluster, how many; of another, how many of its cores to use at
                most. None: all.

        Raises:
            KinestError: Ray is not installed, or there is no such cluster.
        """
        # Ray would tell its makers how it is used.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError:
            raise KinestError(
                "--ray needs Ray: pip install 'kinest_ros[fleet]'; or use --jobs N"
            ) from None
        self._ray, self._most = ray, workers
        self._connect(address)
        self._task = ray.put(task)
        self._key = blake2b(pickle.dumps(task), digest_size=16).digest()
        self._do = ray.remote(num_cpus=1, max_retries=ATTEMPTS - 1)(do_bag)
        self._running: dict[Any, Listed] = {}

    def _connect(self, address: str) -> None:
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if address == LOCAL:
            options |= {
                "num_cpus": self._most, "include_dashboard": False,
                "object_store_memory": _OBJECT_STORE,
            }  # fmt: skip
        try:
            _knock(address)
            self._ray.init(address=address, **options)
        except Exception as error:  # whatever Ray finds wrong with an address
            raise KinestError(f"no Ray cluster at {address}: {error}") from None

    @property
    def workers(self) -> int:
        """How many bags it does at a time; a cluster may grow and shrink."""
        cores = int(self._ray.cluster_resources().get("CPU", 0))
        return min(cores, self._most) if self._most else cores

    @property
    def room(self) -> int:
        """How many more bags it takes now."""
        # With a limit nothing may wait in the cluster: another core would take it.
        ahead = 1 if self._most else _AHEAD
        return max(1, ahead * self.workers) - len(self._running)

    def give(self, bag: Listed) -> None:
        """Take a bag."""
        self._running[self._do.remote(self._task, self._key, bag)] = bag

    def wait(self, seconds: float) -> list[Done]:
        """Return what is done."""
        ready, _ = self._ray.wait(list(self._running), num_returns=1, timeout=seconds)
        return [self._outcome(each) for each in ready]

    def _outcome(self, each: Any) -> Done:
        bag = self._running.pop(each)
        errors = self._ray.exceptions
        try:
            return self._ray.get(each)
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError) as error:
            return given_up(bag.name, f"its worker died ({type(error).__name__})")
        except errors.RayError as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise KinestError(f"the cluster cannot do {bag.name}: {lines[-1]}") from None

    def close(self) -> None:
        """Leave the cluster; one that was started here ends."""
        self._ray.shutdown()


def _knock(address: str) -> None:
    """Raise OSError where nobody listens: Ray itself tries for minutes."""
    named = re.fullmatch(r"(?:ray://)?(.+):(\d+)", address)
    if named:
        socket.create_connection((named[1].strip("[]"), int(named[2])), _PATIENCE).close()
