# SPDX-License-Identifier: Apache-2.0
"""How tests are spread over workers: how many there are, and which files they begin with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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


def workers(cores: int) -> int:
    """Return how many workers to start.

    As many as cores: tests with ROS wait half of the time, but a third worker on two cores makes
    nodes so late that poses and bodies come after tests have stopped looking for them.
    """
    return max(1, min(MOST, cores))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """For ``-n auto``."""
    return workers(len(os.sched_getaffinity(0)))


def pytest_configure(config: pytest.Config) -> None:
    """Leave the order of the files to us: xdist's is by the number of tests."""
    config.option.loadscopereorder = False


def longest_first(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker, begin with what takes longest; the tests of a file stay as they are."""
    if hasattr(config, "workerinput"):
        ranks = {TESTS / name: rank for rank, name in enumerate(LONGEST)}
        items.sort(key=lambda item: ranks.get(item.path, len(ranks)))
