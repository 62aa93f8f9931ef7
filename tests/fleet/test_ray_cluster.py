# SPDX-License-Identifier: Apache-2.0
"""On a real Ray cluster of two nodes on this machine."""

import contextlib
import os

import pytest

from kinest_ros.errors import KinestError
from kinest_ros.fleet.listing import bags_of
from kinest_ros.fleet.ray_cluster import RayCluster
from tests.fleet.dying import results, rows

pytest.importorskip("ray", reason="Ray is not installed (pip install 'kinest_ros[fleet]')")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of one core each."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=node)
    made.add_node(num_cpus=1, object_store_memory=80 << 20)
    yield made
    made.shutdown()


def test_two_nodes_and_a_killed_worker(cluster, lab, task, alone):
    """Same rows, bit for bit, nothing lost or doubled; a bag that is none costs itself alone."""
    todo = list(bags_of([lab]))
    with contextlib.closing(RayCluster(task("evaluate"), cluster.address)) as engine:
        assert engine.workers == 2
        found = rows(engine, todo, "evaluate", kills=1)
    assert [name for name, row in found.items() if not row["ok"]] == ["ben/broken"]
    assert results(found) == alone


def test_a_machine_at_fault_stops_the_run(cluster, lab, task):
    with contextlib.closing(RayCluster(task(weights_hash="x"), cluster.address, 1)) as engine:
        assert engine.workers == 1 and engine.room == 1
        with pytest.raises(KinestError, match="other weights"):
            rows(engine, list(bags_of([lab])), "replay")


def test_no_cluster_is_said(task):
    with pytest.raises(KinestError, match="no Ray cluster at localhost:1"):
        RayCluster(task(), "localhost:1")
