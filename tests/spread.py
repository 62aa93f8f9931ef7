# SPDX-License-Identifier: Apache-2.0
"""How tests are spread over workers: how many there are, and which files they begin with."""

from __future__ import annotations

import math
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

TESTS = Path(__file__).parent
#: More than these share too much else: memory, ports, ROS domains.
MOST = 8
#: Files that take longest, about the longest first, and those that wait between those that compute.
#: One of them begun last would keep one worker busy while the others have nothing left to do.
LONGEST = (
    "node/test_configurations.py",
    "tracking/steadying/test_recentring.py",
    "packaging/test_compiled_step.py",
    "fleet/test_processes.py",
    "node/inputs/test_routes.py",
    "fleet/test_ray_cluster.py",
    "packaging/test_contents.py",
    "node/inputs/test_webxr_browser.py",
    "fleet/test_run.py",
    "training/test_killed.py",
    "evaluation/test_evaluate.py",
    "demo/test_demo.py",
    "node/test_calibrate_service.py",
    "tracking/steadying/test_first_origin.py",
    "cli/test_play.py",
    "node/test_lifecycle.py",
    "evaluation/truth/test_given.py",
    "cli/test_up.py",
    "node/test_live_node.py",
    "node/test_faults.py",
    "web/test_browser.py",
    "web/test_headset.py",
    "tracking/admission/test_presence.py",
    "node/test_doubtful_transport.py",
    "node/test_sim_time.py",
    "training/test_published_training.py",
    "node/retarget/test_retarget_node.py",
    "cli/test_evaluate.py",
    "campaign/test_soak.py",
    "tracking/steadying/test_floor_bounds.py",
    "node/test_late_hand.py",
    "training/test_trainer.py",
    "node/test_hands_live.py",
    "node/test_body_stream.py",
    "cli/test_replay.py",
    "node/test_several_bodies.py",
    "node/inputs/test_webxr.py",
    "node/test_calibrate_several.py",
    "tracking/admission/test_gating.py",
    "node/clients/test_web_bridge.py",
    "model/cpu_training/test_frame_scan.py",
    "cli/test_evaluate_bags.py",
    "node/retarget/test_composed.py",
    "cli/test_train.py",
    "cli/test_calibrate.py",
    "node/diagnostics/test_absence.py",
)


def workers(cores: int, gigabytes: float) -> int:
    """Return how many workers to start: one for each core, and spare ones (see `Spread`).

    Args:
        cores: that there are.
        gigabytes: of memory; a worker with what it starts takes up to two.
    """
    spare = min(math.ceil(cores / 2), int(gigabytes / 2) - cores)
    return max(1, min(MOST, cores + max(spare, 0)))


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """For ``-n auto``."""
    if config.getoption("quick"):  # all of these compute
        return min(MOST, cores())
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return workers(cores(), pages / 1e9)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Spread | None:
    """Deal the files out ourselves, where the tests of a file are to stay together."""
    return Spread(config, log) if config.getvalue("dist") == "loadfile" else None


class Spread(LoadFileScheduling):  # type: ignore[misc]
    """Files with nodes to as many workers as there are cores; spare workers get the others.

    Tests with nodes wait half of the time. What spare workers compute meanwhile must not make nodes
    late, since then poses and bodies come after tests have stopped looking for them: spare workers
    have a low priority.
    """

    def _assign_work_unit(self, node: Any) -> None:
        live = [scope for scope in self.workqueue if _with_nodes(self.config.rootpath / scope)]
        if _is_spare(node.gateway.id):
            mine = [scope for scope in self.workqueue if scope not in live]
        else:
            mine = live or list(self.workqueue)
        if not mine:
            node.shutdown()
            return
        self.workqueue.move_to_end(mine[0], last=False)
        super()._assign_work_unit(node)


def _is_spare(worker: str) -> bool:
    """Return whether a worker, "gw2", is one more than there are cores."""
    return int(worker.removeprefix("gw")) >= cores()


@cache
def _with_nodes(file: Path) -> bool:
    """Return whether tests of a file are marked `ros`."""
    return "mark.ros" in file.read_text(encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Leave the order of the files to us: xdist's is by the number of tests."""
    config.option.loadscopereorder = False
    if hasattr(config, "workerinput") and _is_spare(config.workerinput["workerid"]):
        os.nice(10)


def longest_first(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker, begin with what takes longest; the tests of a file stay as they are."""
    if hasattr(config, "workerinput"):
        ranks = {TESTS / name: rank for rank, name in enumerate(LONGEST)}
        items.sort(key=lambda item: ranks.get(item.path, len(ranks)))
