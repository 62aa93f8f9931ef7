# SPDX-License-Identifier: Apache-2.0
"""Controllers are laid down and hands are tracked in mid-session: wrists stay where they are."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.calibration.devices import HAND_DEVICES
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import tracker_frames, true_bodies
from kinest_ros.tracking.body_pose import BodyPose, TrackerState
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.devices.device_mounts import DEFAULT_MOUNTS, MountTable, mount_of
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.frame import DEVICES, TrackerFrame, TrackerPose
from kinest_ros.tracking.settings import TrackerSettings
from tests.tracking.fakes import (
    SKELETON,
    FakePredictor,
    frames,
    link_poses,
    push_all,
    random_pose,
    rest_pose,
)

pytestmark = pytest.mark.slow

HANDS = ("left_hand", "right_hand")
WRISTS = [20, 21]
CONTROLLERS = {
    "left_hand": Mount((0.01, -0.02, 0.09), (-1.4, 0.1, 0.2)),
    "right_hand": Mount((-0.01, 0.01, 0.08), (1.7, -0.1, 0.1)),
}
TRACKED = {
    "left_hand": Mount((0.005, 0.0, -0.01), (0.0, 0.1, -1.6)),
    "right_hand": Mount((0.0, 0.01, 0.0), (0.1, 0.0, 1.5)),
}
BOTH = TrackerSettings(mounts=CONTROLLERS, hand_mounts=TRACKED)


@pytest.mark.parametrize("kind", DEFAULT_MOUNTS)
def test_the_two_hands_devices_are_mirror_images(kind: str):
    left, right = (DEFAULT_MOUNTS[kind][hand] for hand in HANDS)
    assert right.xyz == pytest.approx(np.array(left.xyz) * (1.0, -1.0, 1.0))
    mirror = np.diag((1.0, -1.0, 1.0))
    np.testing.assert_allclose(right.rotation, mirror @ left.rotation @ mirror, atol=1e-12)


def on(link: TrackerPose, mount: Mount, device: str) -> TrackerPose:
    """What a device with a mount reports of a link, world_from_tracker."""
    turn = Rotation.from_quat(link.quaternion) * Rotation.from_matrix(mount.rotation).inv()
    return TrackerPose(link.position - turn.apply(mount.xyz), turn.as_quat(), device)


def used(
    links: dict[str, TrackerPose], device: str, mounts: dict[str, Mount], hands=HANDS
) -> dict[str, TrackerPose]:
    """Head and hands, some of these by a device of a kind and the others by controllers."""
    found = {"head": links["head"]}
    for hand in HANDS:
        chosen = (mounts[hand], device) if hand in hands else (CONTROLLERS[hand], "controller")
        found[hand] = on(links[hand], *chosen)
    return found


@pytest.fixture(scope="module")
def performance() -> tuple[list[TrackerFrame], dict[int, np.ndarray]]:
    """Links at 72 Hz of somebody who waves, and where the wrists truly are, by stamp."""
    motion = generate("reaching", SKELETON, 3, 6.0)
    true = {body.stamp_ns: body.positions[WRISTS] for body in true_bodies(motion, SKELETON)}
    return tracker_frames(motion, SKELETON), true


def tracked(
    links: list[TrackerFrame], settings: TrackerSettings, hands: tuple[str, ...] = HANDS
) -> list[BodyPose]:
    """Bodies of somebody who lays the controllers down after half of the time."""
    frames = [
        replace(frame, poses=used(frame.poses, "hand", TRACKED, hands))
        if index >= len(links) // 2
        else replace(frame, poses=used(frame.poses, "controller", CONTROLLERS))
        for index, frame in enumerate(links)
    ]
    tracker = BodyTracker.build(device="cpu", skeleton_file=None, stature=None, settings=settings)
    tracker.wear(SKELETON, settings)
    return [body for frame in frames for body in tracker.push(frame)]


def errors(bodies: list[BodyPose], true: dict[int, np.ndarray]) -> np.ndarray:
    """How far (N, 2) m the wrists are from the truth."""
    found = [body.positions[WRISTS] - true[body.stamp_ns] for body in bodies]
    return np.linalg.norm(found, axis=-1)


@pytest.mark.parametrize("hands", [HANDS, HANDS[:1]])
def test_with_both_mounts_known_the_wrists_stay_within_a_centimetre(performance, hands) -> None:
    links, true = performance
    bodies = tracked(links, BOTH, hands)
    found = errors(bodies, true)
    assert len(found) > 350
    assert found[30:].max() < 0.01
    states = np.array([body.tracker_state for body in bodies])
    assert (states[:, :3] >= TrackerState.EXTRAPOLATED).all()


def test_with_one_mount_for_both_they_do_not(performance) -> None:
    links, true = performance
    found = errors(tracked(links, replace(BOTH, hand_mounts=CONTROLLERS)), true)
    assert np.median(found[-60:]) > 0.06


def test_a_mount_that_is_off_is_approached_at_a_bounded_speed() -> None:
    """The calibrations of two devices do not agree to the millimetre, and no wrist jumps."""
    links = link_poses(rest_pose(), np.array((0.0, 0.0, 0.95)))
    wrong = {hand: Mount((0.0, 0.0, 0.06), TRACKED[hand].rpy) for hand in HANDS}

    def poses(index: float) -> dict[str, TrackerPose]:
        if index < 60:
            return used(links, "controller", CONTROLLERS)
        return used(links, "hand", wrong)

    # The arm is bent, so that the wrist can be where the wrong mount says.
    settings = replace(
        BOTH, hand_mounts=TRACKED, foot_lock=False, smooth_posture=False, frozen_timeout=0.0
    )
    tracker = BodyTracker(FakePredictor(), SKELETON, settings)
    bodies = push_all(tracker, frames(np.arange(0, 120, 0.8), poses))
    places = np.array([body.positions[WRISTS] for body in bodies])
    speeds = np.linalg.norm(np.diff(places, axis=0), axis=-1) * 60.0
    moved = np.linalg.norm(places[-1] - places[0], axis=-1)
    assert (moved > 0.03).all()
    assert speeds.max() < settings.max_recovery_speed + 0.1


def test_the_device_goes_with_its_sample_however_frames_are_bundled(performance) -> None:
    links = performance[0][:200]
    whole = [
        replace(frame, poses=used(frame.poses, "hand" if index > 90 else "controller",
                                  TRACKED if index > 90 else CONTROLLERS))
        for index, frame in enumerate(links)
    ]  # fmt: skip
    single = [
        replace(frame, poses={slot: frame.poses[slot]})
        for frame in whole
        for slot in reversed(frame.poses)
    ]
    found = [push_all(BodyTracker(FakePredictor(), SKELETON, BOTH), few) for few in (whole, single)]
    assert len(found[0]) == len(found[1]) > 150
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one.positions, other.positions)


def test_exchanged_hands_keep_their_device() -> None:
    links = link_poses(random_pose(4, 0.2), np.array((0.0, 0.0, 0.95)))
    poses = used(links, "hand", TRACKED, HANDS[:1])
    swapped = {**poses, "left_hand": poses["right_hand"], "right_hand": poses["left_hand"]}
    predictor = FakePredictor()
    tracker = BodyTracker(predictor, SKELETON, replace(BOTH, swap_hands=True))
    push_all(tracker, frames(range(5), lambda index: swapped))
    for row, hand in enumerate(HANDS, start=1):
        np.testing.assert_allclose(predictor.steps[-1][0][row], links[hand].position, atol=1e-9)


def test_which_mount_counts() -> None:
    given, other = Mount((0.1, 0.0, 0.0)), Mount((0.0, 0.2, 0.0))
    table = {"left_hand": given, "head": given, "right_hand": Mount()}
    hands = {"left_hand": other}
    assert mount_of("left_hand", "", table, hands) == given
    assert mount_of("left_hand", "controller", table, hands) == given
    assert mount_of("left_hand", "hand", table, hands) == other
    # Not known: what OpenXR says of the kind; of no kind, the link itself.
    assert mount_of("right_hand", "", table, hands) == Mount()
    assert mount_of("right_hand", "hand", table, hands) == DEFAULT_MOUNTS["hand"]["right_hand"]
    assert (
        mount_of("right_hand", "controller", table, hands)
        == DEFAULT_MOUNTS["controller"]["right_hand"]
    )
    # Only hands are held by something.
    assert mount_of("head", "hand", table, hands) == mount_of("head", "controller", table, hands)
    positions, rotations = MountTable(table, hands).of(np.array([0, 2, 1, 0, 0, 0], np.int8))
    np.testing.assert_array_equal(positions[0, :, 0], given.xyz)
    np.testing.assert_array_equal(positions[1, :, 0], other.xyz)
    np.testing.assert_allclose(rotations[2], DEFAULT_MOUNTS["controller"]["right_hand"].rotation)


def test_defaults_are_what_openxr_defines() -> None:
    """Arms out to the sides, palms down: link axes are x forward, y left, z up."""
    forward, left, up = np.eye(3)
    for hand, outward in (("left_hand", left), ("right_hand", -left)):
        grip, wrist = (DEFAULT_MOUNTS[device][hand] for device in ("controller", "hand"))
        # Columns: the device's axes. OpenXR's -Z is our x, its -X our y, its Y our z.
        held, seen = grip.rotation.T, wrist.rotation.T
        np.testing.assert_allclose(held[:, 0], forward, atol=1e-9)  # -Z: to the thumb
        np.testing.assert_allclose(held[:, 1], up * (1 if hand == "left_hand" else -1), atol=1e-9)
        np.testing.assert_allclose(held[:, 2], -outward, atol=1e-9)  # Y: back along the fingers
        np.testing.assert_allclose(seen[:, 0], outward, atol=1e-9)  # -Z: along the fingers
        np.testing.assert_allclose(seen[:, 2], up, atol=1e-9)  # Y: out of the back of the hand
        for mount, device in ((grip, "controller"), (wrist, "wrist")):
            place = -mount.rotation.T @ mount.xyz  # the device, in the link's axes
            np.testing.assert_allclose(place, HAND_DEVICES[device].mean * outward, atol=1e-9)
    assert set(DEFAULT_MOUNTS) < set(DEVICES)
