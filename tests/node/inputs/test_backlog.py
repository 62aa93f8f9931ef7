# SPDX-License-Identifier: Apache-2.0
"""Of a backlog that is too long only the newest poses are used; bursts are used to the last."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from kinest_ros.node.inputs.backlog import KEPT, Backlog
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

RATE = 90.0
POSE = TrackerPose((0.0, 0.0, 1.6), (0.0, 0.0, 0.0, 1.0))
SLOTS = ("head", "left_hand", "right_hand")


class Executor:
    """Messages come at their time, or when the node is free; tasks after those before them."""

    def __init__(self, most: float, seconds_per_head: float):
        self.now, self.cost = 0.0, seconds_per_head
        self.tasks: list = []
        self.used: list[tuple[str, float, float]] = []  # slot, stamp, age at that time
        self.told: list[tuple[int, float]] = []
        self.backlog = Backlog(
            most, self.tasks.append, self._work, lambda *what: self.told.append(what),
            lambda: round((self.now + 3.25) * 1e9),
        )  # fmt: skip

    def _work(self, frame, topic):
        (slot,) = frame.poses
        assert topic == f"/{slot}"
        self.used.append((slot, frame.stamp_ns * 1e-9, self.now - frame.stamp_ns * 1e-9))
        self.now += self.cost if slot == "head" else 0.0

    def run(self, arrivals):
        """arrivals: (time of arrival, slot, stamp), in order, s."""
        waiting = list(arrivals)
        while waiting or self.tasks:
            came = 0
            while came < len(waiting) and waiting[came][0] <= self.now:
                came += 1
            if not came and not self.tasks:
                self.now = waiting[0][0]
                continue
            tasks, ready, waiting = self.tasks[:], waiting[:came], waiting[came:]
            del self.tasks[:]
            for _, slot, at in ready:
                self.backlog.take(TrackerFrame(round(at * 1e9), {slot: POSE}), f"/{slot}")
            for task in tasks:
                task()
        return self.used


def steady(seconds, arrival=lambda at: at):
    stamps = np.arange(round(seconds * RATE)) / RATE
    return [(arrival(at), slot, at) for at in stamps.tolist() for slot in SLOTS]


def test_a_node_that_is_quick_enough_uses_all_poses_at_once():
    arrivals = steady(3.0)
    executor = Executor(0.5, 0.004)
    used = executor.run(arrivals)
    assert [(slot, round(at, 6)) for slot, at, _ in used] == [
        (slot, round(at, 6)) for _, slot, at in arrivals
    ]
    assert max(age for *_, age in used) < 0.01 and not executor.told


def test_a_node_that_is_too_slow_stays_fresh_and_says_so():
    late = [age for *_, age in Executor(0.0, 0.02).run(steady(20.0))]
    assert late[-1] > 10.0
    executor = Executor(0.5, 0.02)
    used = executor.run(steady(20.0))
    ages = np.array([age for *_, age in used])
    assert ages.max() < 1.6 and np.median(ages) < 0.5
    for slot in SLOTS:
        stamps = [at for which, at, _ in used if which == slot]
        assert (np.diff(stamps) > 0.0).all()
    left_out = sum(count for count, _ in executor.told)
    assert left_out == executor.backlog.left_out == 3 * round(20.0 * RATE) - len(used)
    assert executor.backlog.facts() == {"poses left out, too old": str(left_out)}
    assert all(waited > 0.5 for _, waited in executor.told)


@pytest.mark.parametrize("burst", [0.1, 0.4])
def test_bursts_are_used_to_the_last_pose(burst):
    arrivals = steady(6.0, lambda at: np.ceil(at / burst) * burst)
    executor = Executor(0.5, 0.004)
    assert len(executor.run(arrivals)) == len(arrivals)
    assert not executor.told


def test_a_recording_that_is_played_slowly_is_used_to_the_last_pose():
    arrivals = steady(6.0, lambda at: 3.0 * at)
    executor = Executor(0.5, 0.004)
    assert len(executor.run(arrivals)) == len(arrivals)


def test_one_stamp_far_off_makes_no_backlog():
    arrivals = steady(2.0)
    arrivals[90] = (arrivals[90][0], "head", 3600.0)
    arrivals[180] = (arrivals[180][0], "head", -3600.0)
    executor = Executor(0.5, 0.004)
    assert len(executor.run(arrivals)) == len(arrivals)


def test_what_is_kept_is_the_newest_of_each_tracker_in_order():
    executor = Executor(0.5, 0.0)
    executor.run(steady(0.1))
    executor.used.clear()
    arrivals = steady(2.0, lambda at: 2.0)[27:]
    used = executor.run(arrivals)
    kept = [(slot, at) for _, slot, at in arrivals if at > 2.0 - 1.0 / RATE - KEPT - 1e-6]
    assert [(slot, round(at, 6)) for slot, at, _ in used] == [(s, round(at, 6)) for s, at in kept]
    assert len(kept) == 3 * 10


def test_forgotten_with_all_else():
    tasks, used = [], []
    backlog = Backlog(0.5, tasks.append, lambda *f: used.append(f), print, lambda: now[0])
    now = [0]
    backlog.take(TrackerFrame(0, {"head": POSE}), "/head")
    now[0] = 10**9
    backlog.take(TrackerFrame(1, {"head": POSE}), "/head")
    assert (len(used), len(tasks)) == (1, 1)
    backlog.clear()
    tasks[0]()
    assert len(used) == 1
