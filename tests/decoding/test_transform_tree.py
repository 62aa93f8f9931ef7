# SPDX-License-Identifier: Apache-2.0
"""Poses out of chains of transforms: each stamp once, when it is complete, and never made up."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.decoding.transform_tree import TransformTree
from kinest_ros.decoding.transforms import IDENTITY, Transform, compose, inverse
from tests.search import examples

MS = 1_000_000
SECOND = 1_000 * MS


def moving(name: str, stamp_ns: int) -> Transform:
    """Constant velocity and angular velocity, another for each frame."""
    rate = 0.2 + 0.1 * len(name)
    time = stamp_ns / SECOND
    turn = Rotation.from_rotvec(np.array([0.3, -0.2, 0.9]) * rate * time)
    return (rate * time, 1.0 - rate * time, 1.5, *turn.as_quat())


def fixed(angle: float) -> Transform:
    return 0.1, angle, -0.2, 0.0, math.sin(angle), 0.0, math.cos(angle)


def tree(fixed_frame: str = "world", patience: float = 0.25, **targets: str) -> TransformTree:
    targets = targets or {"head": "hmd"}
    return TransformTree(fixed_frame, targets, dict.fromkeys(targets, patience))


def push(to: TransformTree, parent: str, child: str, stamp_ns: int):
    return to.push(parent, child, stamp_ns, moving(child, stamp_ns))


def assert_same(found: Transform, expected: Transform) -> None:
    np.testing.assert_allclose(found[:3], expected[:3], atol=1e-9)
    assert abs(np.dot(found[3:], expected[3:])) == pytest.approx(1.0, abs=1e-9)


def test_every_stamp_of_a_single_transform_is_passed_on_as_it_comes():
    """Also repeated and late ones: they are counted where all inputs' are."""
    it = tree()
    for stamp_ns in (10 * MS, 20 * MS, 20 * MS, 15 * MS, 31 * MS):
        (pose,) = push(it, "world", "hmd", stamp_ns)
        assert (pose.slot, pose.stamp_ns) == ("head", stamp_ns)
        assert_same(pose.transform, moving("hmd", stamp_ns))


def test_statics_before_and_after_the_moving_one():
    it = tree()
    it.push_static("world", "room", fixed(0.3))
    it.push_static("hmd_base", "hmd", fixed(0.7))
    (pose,) = push(it, "room", "hmd_base", MS)
    expected = compose(compose(fixed(0.3), moving("hmd_base", MS)), fixed(0.7))
    assert_same(pose.transform, expected)
    assert push(it, "hmd_base", "camera", MS) == []


def test_a_fixed_frame_on_another_branch():
    it = tree("robot")
    it.push_static("map", "odom", fixed(0.9))
    it.push_static("odom", "robot", fixed(0.4))
    (pose,) = push(it, "map", "hmd", MS)
    map_from_robot = compose(fixed(0.9), fixed(0.4))
    assert_same(pose.transform, compose(inverse(map_from_robot), moving("hmd", MS)))


def test_equal_stamps_are_complete_with_the_last_of_them():
    for order in (("base", "hmd"), ("hmd", "base")):
        it = tree()
        parents = {"base": "world", "hmd": "base"}
        for child in order:  # the chain becomes known
            push(it, parents[child], child, MS)
        first, last = order
        assert push(it, parents[first], first, 2 * MS) == []
        (pose,) = push(it, parents[last], last, 2 * MS)
        assert pose.stamp_ns == 2 * MS
        assert_same(pose.transform, compose(moving("base", 2 * MS), moving("hmd", 2 * MS)))


@settings(max_examples=examples(40))
@given(st.floats(8.0, 120.0), st.floats(30.0, 120.0), st.integers(0, 30), st.booleans())
def test_a_moving_base_is_interpolated_at_the_stamps_of_the_tracker(base_hz, hz, delay_ms, down):
    """Whatever the rates, and however late the base is; with the fixed frame above or below it."""
    it = tree("base" if down else "world")
    events = [
        (round(i * SECOND / base_hz) + delay_ms * MS, "base", round(i * SECOND / base_hz))
        for i in range(int(base_hz))
    ] + [(round(i * SECOND / hz), "hmd", round(i * SECOND / hz)) for i in range(int(hz))]
    parents = {"base": "world", "hmd": "world" if down else "base"}
    found = []
    for _, child, stamp_ns in sorted(events):
        for pose in push(it, parents[child], child, stamp_ns):
            found.append(pose.stamp_ns)
            base, head = moving("base", pose.stamp_ns), moving("hmd", pose.stamp_ns)
            # The base moves on a line and at constant angular velocity, so this is exact.
            assert_same(pose.transform, compose(inverse(base) if down else base, head))
    sent = [stamp_ns for _, child, stamp_ns in sorted(events) if child == "hmd"]
    last_base = round((int(base_hz) - 1) * SECOND / base_hz)
    usable = [s for s in sent if s <= last_base]
    assert set(found) <= set(usable)
    assert len(found) == len(set(found)) and found == sorted(found)
    assert len(found) >= len(usable) - math.ceil(hz * (delay_ms / 1000 + 1 / base_hz)) - 1
    assert list(it.complaints()) == []


def test_the_first_stamp_is_complete_in_whatever_order_the_chain_becomes_known():
    for order in itertools.permutations(("room", "base", "hmd")):
        it, found = tree(), []
        for child in order:
            if child == "room":
                it.push_static("world", "room", fixed(0.3))
            else:
                found += push(it, {"base": "room", "hmd": "base"}[child], child, MS)
        found += push(it, "room", "base", 2 * MS) + push(it, "base", "hmd", 2 * MS)
        assert [pose.stamp_ns for pose in found] == [MS, 2 * MS], order


def test_one_tracker_may_hang_on_another():
    it = tree(head="hmd", left_hand="glove")
    for stamp_ns in (MS, 2 * MS):
        push(it, "world", "hmd", stamp_ns)
        poses = {pose.slot: pose for pose in push(it, "hmd", "glove", stamp_ns)}
    expected = compose(moving("hmd", 2 * MS), moving("glove", 2 * MS))
    assert list(poses) == ["left_hand"]
    assert_same(poses["left_hand"].transform, expected)


def test_a_base_that_falls_silent_is_no_pose_and_named():
    it = tree()
    for i in range(20):
        push(it, "world", "base", i * 10 * MS)
        push(it, "base", "hmd", i * 10 * MS)
    after = [push(it, "base", "hmd", i * 10 * MS) for i in range(20, 120)]
    assert not any(after)
    ((slot, text),) = it.complaints()
    assert slot == "head"
    assert "'world' -> 'base' is at 0.190 s" in text and "/tf_static" in text
    # It comes back: what was sent in between is not made up over the gap.
    assert push(it, "world", "base", 1200 * MS) == []
    assert [text for _, text in it.complaints() if "every 1.01 s" in text]
    push(it, "world", "base", 1210 * MS)
    assert [pose.stamp_ns for pose in push(it, "base", "hmd", 1210 * MS)] == [1210 * MS]


def test_a_clock_that_is_set_back_forgets_the_future():
    def run(it, start):
        found = []
        for i in range(30):
            found += push(it, "world", "base", start + i * 20 * MS)
            found += push(it, "base", "hmd", start + i * 20 * MS + 5 * MS)
        return [(pose.stamp_ns - start, np.round(pose.transform, 9)) for pose in found]

    it = tree()
    first = run(it, 0)
    push(it, "base", "hmd", 10**15)  # a lone absurd stamp
    again = run(it, 0)
    assert [stamp for stamp, _ in again] == [stamp for stamp, _ in first][-len(again) :]
    assert len(again) >= len(first) - 1
    stamps = dict(first)
    assert all((stamps[stamp] == pose).all() for stamp, pose in again)


def test_a_frame_that_gets_another_parent():
    it = tree()
    push(it, "world", "hmd", MS)
    it.push_static("world", "room", fixed(0.3))
    (pose,) = push(it, "room", "hmd", 2 * MS)
    assert_same(pose.transform, compose(fixed(0.3), moving("hmd", 2 * MS)))
    it.push_static("world", "hmd", IDENTITY)
    assert "is static" in (it.missing("head") or "")


def test_what_is_missing_is_said():
    it = tree()
    assert it.missing("head") is None  # nothing on /tf at all: the graph can say more
    push(it, "odom", "camera", MS)
    assert it.missing("head") == "there is no frame 'hmd' on /tf; there are camera, odom"
    push(it, "lighthouse", "hmd", MS)
    text = it.missing("head") or ""
    assert "from 'hmd' to 'world'" in text and "'hmd' is in the tree of 'lighthouse'" in text
    it.push_static("world", "lighthouse", fixed(0.1))
    assert it.missing("head") is None


def test_a_ring_of_frames_is_no_path():
    it = tree()
    for parent, child in (("a", "hmd"), ("b", "a"), ("hmd", "b")):
        assert push(it, parent, child, MS) == []
    assert it.missing("head")


def test_memory_is_bounded():
    it = tree(patience=10.0)
    for i in range(3000):
        push(it, "base", "hmd", i * MS)
        if i < 2:
            push(it, "world", "base", i * MS)
    (path,) = it._paths.values()
    assert len(path._waiting) <= 512


def two_publishers(rival_parent: str, rival_every: int, seconds: int = 4, rival_from: int = 5):
    """A head at 90 Hz on a base at 22 Hz, which a second publisher hangs up elsewhere, too."""
    it, found, complaints, conflicts, rivals = tree(), [], [], [], []
    it.push_static("world", "room", fixed(0.3))
    for i in range(90 * seconds):
        stamp_ns = SECOND + round(i * SECOND / 90)
        if i % 4 == 0:
            push(it, "world", "base", stamp_ns + 40 * MS)
        if rival_every and i >= rival_from and i % rival_every == 0:
            rivals += it.push(rival_parent, "hmd", stamp_ns - 1 * MS, fixed(2.0))
        found += push(it, "base", "hmd", stamp_ns)
        complaints += it.complaints()
        if i % 90 == 89:
            conflicts.append(it.conflicts())
    return found, rivals, complaints, conflicts


@pytest.mark.parametrize("rival_every", [1, 2, 10, 45])
@pytest.mark.parametrize("rival_parent", ["map", "room"])
def test_a_second_publisher_of_a_frame_costs_no_pose_and_is_named(rival_parent, rival_every):
    """Whether its tree leads to the fixed frame, or nowhere."""
    alone, _, nothing, none = two_publishers(rival_parent, 0)
    assert nothing == [] and not any(none)
    both, rivals, complaints, conflicts = two_publishers(rival_parent, rival_every)
    assert [pose.stamp_ns for pose in both] == [pose.stamp_ns for pose in alone]
    for pose, wanted in zip(both, alone, strict=True):
        assert_same(pose.transform, wanted.transform)
    assert len(rivals) <= 2  # until it is known, it may be a frame that is hung up elsewhere
    ((slot, text),) = complaints
    assert slot == "head"
    for part in ("frame 'hmd'", "'base' and ", f"'{rival_parent}'", "'base' is used"):
        assert part in text
    assert conflicts[-1] == [text]


def test_a_frame_that_is_hung_up_to_and_fro_follows_at_once_and_is_no_conflict():
    """As something that is grasped and put down, now and then."""
    it, missed = tree(), 0
    it.push_static("world", "room", fixed(0.3))
    for i in range(90 * 30):
        parent = ("world", "room")[i // (90 * 3) % 2]
        missed += len(push(it, parent, "hmd", i * 11 * MS)) != 1
        assert list(it.complaints()) == []
        if i % 90 == 89:
            assert it.conflicts() == []
    assert missed == 0


def test_when_the_publisher_that_counts_falls_silent_the_other_one_takes_over():
    it = tree()
    it.push_static("world", "room", fixed(0.3))
    for i in range(100):
        push(it, "world", "hmd", i * 10 * MS)
        push(it, "room", "hmd", i * 10 * MS + 5 * MS)
    assert it.conflicts()
    after = [len(push(it, "room", "hmd", i * 10 * MS + 5 * MS)) for i in range(100, 160)]
    assert after[:20] == [0] * 20 and after[30:] == [1] * 30
    for _ in range(10):
        it.conflicts()
    assert it.conflicts() == []


def test_two_publishers_of_a_frame_that_is_no_trackers_business_are_nobodys():
    it = tree()
    for i in range(200):
        push(it, "world", "hmd", i * 10 * MS)
        push(it, "odom" if i % 2 else "map", "camera", i * 10 * MS)
    assert it.conflicts() == [] and list(it.complaints()) == []


def test_a_static_and_a_moving_parent():
    it, found = tree(), []
    for i in range(200):
        if i % 20 == 0:
            it.push_static("world", "hmd", IDENTITY)
        found += push(it, "world", "hmd", i * 10 * MS)
    assert len(found) == 200
    assert "'world' and 'world' (on /tf_static)" in it.conflicts()[0]


@pytest.mark.parametrize("rival_every", [1, 10])
def test_a_parent_that_leads_nowhere_counts_for_nothing_though_it_was_there_first(rival_every):
    alone, *_ = two_publishers("map", 0)
    both, rivals, complaints, _ = two_publishers("map", rival_every, rival_from=0)
    # Where it lies is not known before the second one speaks, and that completes a pose at once.
    assert {pose.stamp_ns for pose in alone} == {pose.stamp_ns for pose in both}
    assert rivals == [] and "'base' is used" in complaints[0][1]
