# SPDX-License-Identifier: Apache-2.0
"""Real headset recordings through the live node, and the same bag live and offline.

The recordings hold no body, so what is checked is what must hold without one: a body at every
tick, the head and wrists where the trackers are, the feet on the floor, and an arm without a
tracker where an arm can be. Excerpts are played, or the whole recordings
in the folder that KINEST_RECORDINGS names.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from kinest_ros.bags.contents import read_tracker_frames
from kinest_ros.bags.reader import read_bodies
from kinest_ros.body.joints import JOINT_INDEX, SLOT_JOINTS, SLOTS
from kinest_ros.cli.main import main
from kinest_ros.tracking.frame import TrackerFrame
from kinest_ros.tracking.sampling.resampler import first_tick_from, tick_stamp
from tests import commands
from tests.node.live import QUEUE, Client, NodeProcess, stamp_of
from tests.node.managing import reconfigure, reset
from tests.node.readings import assert_finite, link_poses, positions, rotations

pytestmark = pytest.mark.ros

NAMES = (
    "doublegrab",
    "droptarget",
    "events",
    "grab_left",
    "grab_right",
    "hands",
    "hands_recording",
    "locomotion",
    "one_hand_only",
    "tracked",
    "two_handed_pass",
)
#: A headset measures between the eyes; the head joint is below and behind. A controller's grip is
#: in front of the wrist. Metres, in the tracker's axes.
HEAD_MOUNT = (-0.08, 0.0, -0.09)
HAND_MOUNT = (-0.08, 0.0, 0.0)
#: Eye height over stature, after Drillis and Contini (1966).
EYE_HEIGHT = 0.936
TIMEOUT_NS = 250_000_000


@pytest.fixture(scope="module")
def node(ros_domain: int) -> Iterator[NodeProcess]:
    with NodeProcess(
        "autostart:=true",
        "device:=cpu",
        "stature:=1.7",
        "qos_reliability:=reliable",
        f"qos_depth:={QUEUE}",
        "max_backlog:=0.0",
        "publish_markers:=false",
        f"mount.head.xyz:={list(HEAD_MOUNT)}",
        f"mount.left_hand.xyz:={list(HAND_MOUNT)}",
        f"mount.right_hand.xyz:={list(HAND_MOUNT)}",
    ) as process:
        process.wait_for_log("active")
        yield process


@pytest.fixture(scope="module")
def statures(node: NodeProcess) -> list[float]:
    """The stature the node runs with, as the only item."""
    return [1.7]


def kinest(*arguments: str) -> None:
    """Run a command of the command line."""
    done = commands.run(*arguments)
    assert done.returncode == 0, done.stderr


def converted(headset_recordings: Path, name: str, folder: Path) -> Path:
    bag = folder / name
    recording = headset_recordings / f"{name}.json"
    assert main(["convert", str(recording), "--out", str(bag)]) == 0
    return bag


class Track:
    """One tracker of a recording, at any time."""

    def __init__(self, frames: list[TrackerFrame], slot: str) -> None:
        samples = {f.stamp_ns: f.poses[slot] for f in frames if slot in f.poses}
        self.stamps = np.array(sorted(samples))
        poses = [samples[stamp] for stamp in self.stamps]
        self.first = poses[0]
        self.positions = np.array([pose.position for pose in poses])
        self.rotations = Rotation.from_quat([pose.quaternion for pose in poses])

    def at(self, stamps: np.ndarray) -> tuple[np.ndarray, Rotation]:
        """Positions (N, 3) and rotations at times within the recording, ns."""
        xyz = [np.interp(stamps, self.stamps, column) for column in self.positions.T]
        return np.stack(xyz, axis=1), Slerp(self.stamps, self.rotations)(stamps)


def expected_ticks(head: Track) -> list[int]:
    """Stamps of the ticks that lie in no gap of the head's longer than the timeout."""
    ticks = range(first_tick_from(head.stamps[0]), first_tick_from(head.stamps[-1] + 1))
    stamps = np.array([tick_stamp(tick) for tick in ticks])
    before = head.stamps[np.searchsorted(head.stamps, stamps, side="right") - 1]
    after = head.stamps[np.searchsorted(head.stamps, stamps)]
    return list(stamps[after - before <= TIMEOUT_NS])


def assert_plausible_arm(joints: np.ndarray, confidence: np.ndarray, side: str) -> None:
    """Positions (N, 22, 3) of a person who stands: the arm hangs or is bent, outside the trunk.

    Nobody tracks it, so its confidence (N, 22) must be low; and very low where the hand is held as
    high as the head.
    """
    shoulder, elbow, wrist = (
        joints[:, JOINT_INDEX[f"{side}_{name}"]] for name in ("shoulder", "elbow", "wrist")
    )
    pelvis, chest = joints[:, JOINT_INDEX["pelvis"]], joints[:, JOINT_INDEX["spine3"]]
    upper, lower = elbow - shoulder, wrist - elbow
    lengths = np.linalg.norm(upper, axis=-1) * np.linalg.norm(lower, axis=-1)
    bend = np.degrees(np.arccos(np.sum(upper * lower, axis=-1) / lengths))
    assert bend.min() > 0.0 and bend.max() < 150.0
    assert np.linalg.norm(np.diff(wrist, axis=0), axis=-1).max() * 60.0 < 5.0
    assert np.linalg.norm((wrist - chest)[:, :2], axis=-1).min() > 0.1
    above = (wrist - pelvis)[:, 2]
    assert above.min() > -0.4 and above.max() < 0.7
    sure = confidence[:, JOINT_INDEX[f"{side}_wrist"]]
    assert sure.max() < 0.5
    assert (above[sure > 0.1] < 0.6).all()


@pytest.mark.parametrize("name", NAMES)
def test_recording(
    name: str,
    headset_recordings: Path,
    tmp_path: Path,
    client: Client,
    statures: list[float],
) -> None:
    frames = list(read_tracker_frames(converted(headset_recordings, name, tmp_path)))
    tracks = {slot: Track(frames, slot) for slot in {s for f in frames for s in f.poses}}
    head = tracks["head"]
    stature = round(float(np.percentile(head.positions[:, 2], 75)) / EYE_HEIGHT, 1)
    if statures != [stature]:
        reconfigure(client, stature=stature)
        statures[:] = [stature]
    client.wait_matched()
    client.wait_heard(TrackerFrame(0, {slot: track.first for slot, track in tracks.items()}))
    reset(client)
    client.feed(frames)

    stamps = np.array([stamp_of(body) for body in client.bodies])
    assert (np.diff(stamps) > 0).all()
    assert set(expected_ticks(head)) <= set(stamps)
    assert [stamp_of(state) for state in client.joint_states] == list(stamps)
    assert len(client.transforms) == len(stamps)
    for body, state in zip(client.bodies, client.joint_states, strict=True):
        assert_finite(body)
        assert np.isfinite(state.position).all() and np.isfinite(state.velocity).all()

    joints = np.array([positions(body) for body in client.bodies])
    assert np.abs(link_poses(client.transforms[-1], "world")[:, :3, 3] - joints[-1]).max() < 1e-6
    for slot, track in tracks.items():
        index = SLOTS.index(slot)
        valid = np.array([body.tracker_valid[index] for body in client.bodies], dtype=bool)
        valid &= (stamps >= track.stamps[0]) & (stamps <= track.stamps[-1])
        assert valid.mean() > 0.9
        place, turn = track.at(stamps[valid])
        link = turn.inv().apply(joints[valid, SLOT_JOINTS[index]] - place)
        residual = np.linalg.norm(link - np.median(link, axis=0), axis=1)
        assert np.median(residual) <= 0.05, f"{slot}: {np.median(residual):.3f} m"
    for side in ("left", "right"):
        if f"{side}_hand" not in tracks:
            index = SLOTS.index(f"{side}_hand")
            assert not any(body.tracker_valid[index] for body in client.bodies)
            confidence = np.array([body.confidence for body in client.bodies])
            assert_plausible_arm(joints, confidence, side)
    toes = joints[:, [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]], 2]
    assert abs(np.median(toes)) <= 0.15, f"toes {np.median(toes):.3f} m above the floor"


def test_live_and_replay_give_the_same_frames(
    headset_recordings: Path, tmp_path: Path, client: Client, statures: list[float]
) -> None:
    bag = converted(headset_recordings, "droptarget", tmp_path)
    client.wait_matched()
    reset(client)
    kinest("play", str(bag), "--rate", "2")
    client.settle()
    mounts = {"head": HEAD_MOUNT, "left_hand": HAND_MOUNT, "right_hand": HAND_MOUNT}
    kinest(
        *("replay", str(bag), "--out", str(tmp_path / "body")),
        *("--device", "cpu", "--stature", str(statures[0])),
        *(f"--mount={slot}:={','.join(map(str, xyz))}" for slot, xyz in mounts.items()),
    )
    offline = read_bodies(tmp_path / "body")
    assert [stamp_of(body) for body in client.bodies] == list(offline.stamps_ns)
    live = np.array([positions(body) for body in client.bodies])
    np.testing.assert_allclose(live, offline.positions, atol=1e-5)
    turned = np.array([rotations(body) for body in client.bodies])
    np.testing.assert_allclose(turned, offline.local_rotations, atol=1e-5)
    assert {body.header.frame_id for body in client.bodies} == {offline.frame_id}
