# SPDX-License-Identifier: Apache-2.0
"""What docs/inputs.md promises when a source is slow, wrong, killed or starts anew."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.qos import ReliabilityPolicy

from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.sampling.resampler import tick_stamp
from tests.commands import Command
from tests.node.live import QUEUE, Client, NodeProcess, stamp_of, wait_for
from tests.node.managing import reset
from tests.node.performances import START_NS, sway
from tests.node.readings import assert_finite, positions

pytestmark = pytest.mark.ros

SECOND = 1_000_000_000
LEFT_HAND, RIGHT_HAND = 1, 2
#: s, for a process to start and be heard on a machine with ten others on it.
PATIENCE = 120.0


def start_node() -> NodeProcess:
    return NodeProcess(
        "autostart:=true",
        "device:=cpu",
        "qos_reliability:=reliable",
        f"qos_depth:={QUEUE}",
        "max_backlog:=0.0",
        "qos_overrides./kinest/pelvis/pose.subscription.reliability:=best_effort",
    )


@pytest.fixture(scope="module")
def node(ros_domain: int) -> Iterator[NodeProcess]:
    with start_node() as process:
        process.wait_for_log("active")
        yield process


@pytest.fixture
def fresh(node: NodeProcess, client: Client) -> Client:
    client.wait_matched()
    reset(client)
    return client


def status(client: Client, name: str) -> DiagnosticStatus | None:
    """The newest status of that name."""
    for message in reversed(client.diagnostics):
        for found in message.status:
            if found.name == f"kinest: {name}":
                return found
    return None


def dropped(client: Client, slot: str) -> dict[str, int]:
    """Samples of a slot dropped so far, by reason, as diagnostics that are still to come say."""
    client.diagnostics.clear()
    wait_for(lambda: status(client, "body") is not None, 10.0)
    values = {pair.key: pair.value for pair in status(client, "body").values}
    reasons = ("duplicate", "late", "invalid")
    found = {
        reason: re.search(rf"\b{slot} (\d+)", values[f"dropped {reason}"]) for reason in reasons
    }
    return {reason: int(match[1]) if match else 0 for reason, match in found.items()}


def test_quality_of_service_can_be_overridden_for_one_topic(fresh: Client) -> None:
    for slot, wanted in (
        ("head", ReliabilityPolicy.RELIABLE),
        ("pelvis", ReliabilityPolicy.BEST_EFFORT),
    ):
        (found,) = fresh.node.get_subscriptions_info_by_topic(f"/kinest/{slot}/pose")
        assert found.qos_profile.reliability == wanted


def test_a_source_at_15_hz_still_gives_a_body_at_every_tick(fresh: Client) -> None:
    fresh.feed(sway(2.0, rate=15.0), expected=117)
    stamps = [stamp_of(body) for body in fresh.bodies]
    first = round(START_NS * 60 / SECOND)
    # The last sample is 1.933 s in: tick 116.
    assert stamps == [tick_stamp(first + index) for index in range(117)]
    assert all(body.tracker_valid[slot] for body in fresh.bodies for slot in range(3))
    heads = np.array([positions(body)[JOINT_INDEX["head"]] for body in fresh.bodies])
    wanted = {frame.stamp_ns: frame for frame in sway(2.0, rate=60.0, slots=("head",))}
    truth = np.array([wanted[stamp].poses["head"].position for stamp in stamps])
    assert np.linalg.norm(heads - truth, axis=-1).max() < 0.01


def test_a_hand_with_the_wrong_frame_id_is_left_out_and_named(
    fresh: Client, node: NodeProcess
) -> None:
    """Although it is heard before the head, whose frame counts."""
    before = dropped(fresh, "left_hand")
    already = len(node.log)
    frames = []
    for frame in sway(2.0):
        wrong = "left_hand" in frame.poses and frame.stamp_ns < START_NS + SECOND
        frames.append(replace(frame, frame_id="map") if wrong else frame)
    frames[0], frames[1] = frames[1], frames[0]
    assert "left_hand" in frames[0].poses
    fresh.feed(frames, expected=120)
    assert {body.header.frame_id for body in fresh.bodies} == {"world"}
    stamps = np.array([stamp_of(body) for body in fresh.bodies])
    valid = np.array([body.tracker_valid for body in fresh.bodies])
    assert len(stamps) == 120
    assert valid[:, RIGHT_HAND].all()
    assert not valid[stamps < START_NS + SECOND, LEFT_HAND].any()
    assert valid[stamps > START_NS + 1.1 * SECOND, LEFT_HAND].all()  # its frame is right by then
    line = next(line for line in node.log[already:].splitlines() if "left_hand/pose" in line)
    assert "'map'" in line and "'world'" in line
    # All but the very first, which nothing was known against yet.
    assert dropped(fresh, "left_hand") == before | {"invalid": before["invalid"] + 71}


def test_a_head_that_changes_its_frame_id_is_silence_until_reset(
    fresh: Client, node: NodeProcess
) -> None:
    frames = [
        replace(frame, frame_id="map") if frame.stamp_ns > START_NS + SECOND else frame
        for frame in sway(1.35)
    ]
    fresh.feed(frames)
    stamps = [stamp_of(body) for body in fresh.bodies]
    assert START_NS + SECOND <= max(stamps) <= START_NS + 1.26 * SECOND
    fresh.diagnostics.clear()
    wait_for(lambda: getattr(status(fresh, "body"), "level", None) == DiagnosticStatus.ERROR, 10.0)
    # While they go on coming, nobody is to look for them at the headset.
    stray = [f for f in frames if f.frame_id == "map"]
    told = "head poses arrive but are refused"
    for _ in range(200):
        fresh._send_poses(stray[-1])
        fresh._send_poses(stray[-2])
        fresh._send_poses(stray[-3])
        if told in status(fresh, "body").message:
            break
        time.sleep(0.05)
    assert re.search(told + r" \([1-9]\d* invalid\): see the log", status(fresh, "body").message)
    reset(fresh)
    fresh.feed(sway(0.5, start_ns=START_NS + 3 * SECOND, frame_id="map"))
    assert {body.header.frame_id for body in fresh.bodies} == {"map"}


def test_repeated_late_and_swapped_samples_are_counted_and_change_nothing(fresh: Client) -> None:
    frames = list(sway(1.5))
    tracker = BodyTracker.build(device="cpu")
    plain = [body.positions for frame in frames for body in tracker.push(frame)]
    before = dropped(fresh, "right_hand")
    noisy = list(frames)
    for index in range(len(frames) - 1, 200, -30):
        hand = index // 3 * 3 + 2
        assert "right_hand" in frames[hand].poses
        noisy.insert(hand + 1, frames[hand])  # once more
        noisy.insert(hand + 2, frames[hand - 30])  # 139 ms late
    fresh.feed(noisy, expected=len(plain))
    np.testing.assert_allclose([positions(body) for body in fresh.bodies], plain, atol=1e-6)
    added = (len(noisy) - len(frames)) // 2
    expected = {"duplicate": before["duplicate"] + added, "late": before["late"] + added}
    assert dropped(fresh, "right_hand") == before | expected


@contextmanager
def playing(bag: Path) -> Iterator[Command]:
    """`kinest play --loop` in a process of its own."""
    process = Command("play", bag, "--loop")
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def hear(client: Client, bodies: int) -> np.ndarray:
    """Wait for so many more bodies with all three trackers; return their stamps, ns."""
    client.clear()
    wait_for(lambda: sum(all(b.tracker_valid[:3]) for b in client.bodies) >= bodies, PATIENCE)
    for body in client.bodies:
        assert_finite(body)
    return np.array([stamp_of(body) for body in client.bodies])


def test_loop_kill_and_restart_of_the_source_and_of_the_node(
    client: Client, node: NodeProcess, tmp_path: Path
) -> None:
    bag = tmp_path / "bag"
    with BodyBagWriter(bag) as out:
        for frame in sway(1.0):
            out.write_frame(frame)
    with playing(bag):
        stamps = hear(client, 130)
        assert (np.diff(stamps) < 0).sum() >= 2  # the loops
        assert np.abs(np.diff(stamps)).max() < 1.1 * SECOND
    # The source was killed: once what it had sent is worked off (on a busy machine that takes as
    # long as it takes), silence and an error.
    client.settle()
    client.clear()
    wait_for(lambda: getattr(status(client, "body"), "level", None) == DiagnosticStatus.ERROR, 10.0)
    assert not client.bodies and not client.transforms and not client.joint_states
    with playing(bag):
        hear(client, 30)
        node.process.kill()
        node.process.wait()
        with start_node() as second:
            stamps = hear(client, 70)
            assert (np.diff(stamps) < 0).sum() >= 1
            assert "Traceback" not in second.log
            assert second.stop() == 0
