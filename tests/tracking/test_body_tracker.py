# SPDX-License-Identifier: Apache-2.0
"""From tracker frames to bodies: placement, losses, resets, and nothing that is not finite."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_INDEX, SLOT_JOINTS, SLOTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.errors import KinestError
from kinest_ros.model.streaming import StreamingConfig, StreamingKineST
from kinest_ros.model.weights import save_model
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.tracking.body_tracker import BadTrackerPose, BodyTracker, TrackerSettings
from kinest_ros.tracking.devices.basis import basis_matrices
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.search import examples
from tests.tracking.fakes import (
    SKELETON,
    FakePredictor,
    frames,
    link_poses,
    pose_at,
    push_all,
    random_pose,
    stamp,
)

HEAD, LEFT, RIGHT = (JOINT_INDEX[name] for name in ("head", "left_wrist", "right_wrist"))
HANDS = ("head", "left_hand", "right_hand")
#: What the foot lock moves.
LEGS = [4, 5, 7, 8, 10, 11]


def body_tracker(predictor=None, **settings) -> BodyTracker:
    """Of people who may be perfectly still."""
    settings = TrackerSettings(**{"frozen_timeout": 0.0, **settings})
    return BodyTracker(predictor or FakePredictor(with_wrong_arms), SKELETON, settings)


def walking_pose(index: float) -> np.ndarray:
    """Local rotations of a body that turns, with its arms bent and swinging."""
    local = random_pose(3, 0.2)
    local[0] = Rotation.from_euler("z", 0.01 * index).as_matrix() @ local[0]
    bend = Rotation.from_rotvec([0.0, -1.3 + 0.3 * math.sin(index / 20), 0.0]).as_matrix()
    local[18], local[19] = bend, bend.T
    return local


def walking(index: float) -> dict[str, TrackerPose]:
    """Ideal trackers on that body, which also moves on."""
    return link_poses(walking_pose(index), np.array([0.01 * index, 0.2, 0.95]))


def with_wrong_arms(step: int) -> np.ndarray:
    """What a network might say of it: from tick 60 on, with the arms stretched out."""
    local = walking_pose(60 + step)
    local[16:] = np.eye(3)
    return local


def upper_body(index: float) -> dict[str, TrackerPose]:
    return {slot: pose for slot, pose in walking(index).items() if slot in HANDS}


def link_of(body, joint):
    return Rotation.from_quat(body.world_rotations[joint]).as_matrix() @ JOINT_FROM_LINK


def test_head_and_wrists_come_back_where_the_trackers_are():
    """The network is wrong about the arms, the trackers are ideal."""
    tracker = body_tracker()
    bodies = push_all(tracker, frames(range(60, 120), walking))
    assert [body.stamp_ns for body in bodies] == [stamp(i) for i in range(60, 120)]
    for index, body in zip(range(60, 120), bodies, strict=True):
        wanted = walking(index)
        for slot, joint in zip(HANDS, (HEAD, LEFT, RIGHT), strict=True):
            np.testing.assert_allclose(body.positions[joint], wanted[slot].position, atol=1e-3)
            expected = Rotation.from_quat(wanted[slot].quaternion).as_matrix()
            np.testing.assert_allclose(link_of(body, joint), expected, atol=1e-6)


def test_the_head_is_met_exactly_and_so_are_wrists_in_reach():
    tracker = body_tracker()
    poses = {
        "head": pose_at(1.0, 2.0, 1.6),
        "left_hand": pose_at(1.3, 2.2, 1.3),
        "right_hand": pose_at(1.2, 1.7, 1.5),
    }
    body = push_all(tracker, frames(range(60, 64), lambda _: poses))[-1]
    for slot, joint in zip(HANDS, (HEAD, LEFT, RIGHT), strict=True):
        np.testing.assert_allclose(body.positions[joint], poses[slot].position, atol=1e-6)
        np.testing.assert_allclose(link_of(body, joint), np.eye(3), atol=1e-6)


def test_the_parts_of_a_body_agree():
    tracker = body_tracker(FakePredictor(lambda step: random_pose(step, 0.3)))
    for body in push_all(tracker, frames(range(60, 90), walking)):
        local = Rotation.from_quat(body.local_rotations).as_matrix()
        positions, world = forward_kinematics_np(local, SKELETON.rest_offsets, body.positions[0])
        np.testing.assert_allclose(positions, body.positions, atol=1e-9)
        np.testing.assert_allclose(
            world, Rotation.from_quat(body.world_rotations).as_matrix(), atol=1e-9
        )
        assert body.frame_id == "world"
        assert body.confidence.shape == (22,)
        np.testing.assert_array_equal(body.contacts, [0.2, 0.1])


def test_the_network_is_given_link_poses():
    predictor = FakePredictor()
    tracker = body_tracker(predictor)
    push_all(tracker, frames(range(60, 70), walking))
    positions, rotations, valid = predictor.steps[4]
    wanted = walking(64)
    assert valid.all()
    for index, slot in enumerate(SLOTS):
        np.testing.assert_allclose(positions[index], wanted[slot].position, atol=1e-9)
        expected = Rotation.from_quat(wanted[slot].quaternion).as_matrix()
        np.testing.assert_allclose(rotations[index], expected, atol=1e-9)


@pytest.mark.parametrize("basis", ["openxr", "unity"])
def test_other_bases_give_the_same_bodies(basis):
    matrix, _ = basis_matrices(basis)

    def turned(index):
        return {
            slot: TrackerPose(
                matrix.T @ pose.position,
                Rotation.from_matrix(
                    matrix.T @ Rotation.from_quat(pose.quaternion).as_matrix() @ matrix
                ).as_quat(),
            )
            for slot, pose in walking(index).items()
        }

    plain = push_all(body_tracker(), frames(range(60, 70), walking))
    other = push_all(body_tracker(input_basis=basis), frames(range(60, 70), turned))
    for one, two in zip(plain, other, strict=True):
        np.testing.assert_allclose(one.positions, two.positions, atol=1e-9)


def test_mounts_are_taken_off():
    """A headset worn 8 cm ahead of the head joint and tilted, as its mount says."""
    mount = Mount(xyz=(-0.08, 0.01, -0.05), rpy=(0.1, 0.3, -0.2))
    link_from_tracker = mount.rotation.T

    def worn(index):
        poses = walking(index)
        link = Rotation.from_quat(poses["head"].quaternion).as_matrix()
        tracker_rotation = link @ link_from_tracker
        poses["head"] = TrackerPose(
            poses["head"].position - tracker_rotation @ np.array(mount.xyz),
            Rotation.from_matrix(tracker_rotation).as_quat(),
        )
        return poses

    plain = push_all(body_tracker(), frames(range(60, 70), walking))
    other = push_all(body_tracker(mounts={"head": mount}), frames(range(60, 70), worn))
    for one, two in zip(plain, other, strict=True):
        np.testing.assert_allclose(one.positions, two.positions, atol=1e-9)
        np.testing.assert_allclose(one.tracker_positions, two.tracker_positions, atol=1e-9)


def test_snapping_can_be_switched_off():
    bodies = push_all(
        body_tracker(snap_wrists=False, snap_rotations=False, snap_body=False),
        frames(range(60, 64), walking),
    )
    local = Rotation.from_quat(bodies[-1].local_rotations).as_matrix()
    np.testing.assert_allclose(local, with_wrong_arms(3), atol=1e-9)
    np.testing.assert_allclose(bodies[-1].positions[HEAD], walking(63)["head"].position)


def test_validity_and_tracker_positions():
    bodies = push_all(body_tracker(), frames(range(60, 64), upper_body))
    np.testing.assert_array_equal(bodies[-1].tracker_valid, [True, True, True, False, False, False])
    assert np.isnan(bodies[-1].tracker_positions[3:]).all()
    np.testing.assert_allclose(
        bodies[-1].tracker_positions[1], walking(63)["left_hand"].position, atol=1e-9
    )


@pytest.mark.parametrize("lookahead", [1, 5])
def test_with_lookahead_bodies_belong_to_the_trackers_of_earlier_ticks(lookahead):
    tracker = body_tracker(FakePredictor(with_wrong_arms, lookahead=lookahead))
    bodies = push_all(tracker, frames(range(60, 120), walking))
    assert [body.stamp_ns for body in bodies] == [stamp(i) for i in range(60, 120 - lookahead)]
    for index, body in zip(range(60, 120), bodies, strict=False):
        wanted = walking(index)
        np.testing.assert_allclose(body.positions[HEAD], wanted["head"].position, atol=1e-9)
        np.testing.assert_allclose(body.positions[LEFT], wanted["left_hand"].position, atol=1e-3)


def lost_hand(lost, back):
    def poses(index):
        return {
            slot: pose
            for slot, pose in upper_body(index).items()
            if slot != "left_hand" or not lost <= index < back
        }

    return poses


def test_a_lost_hand_degrades_its_own_arm_only():
    tracker = body_tracker()
    bodies = push_all(tracker, frames(range(60, 200), lost_hand(80, 150)))
    assert [body.stamp_ns for body in bodies] == [stamp(i) for i in range(60, 200)]
    for index, body in zip(range(60, 200), bodies, strict=True):
        wanted = walking(index)
        # 250 ms are 15 ticks.
        assert body.tracker_valid[1] == (index < 95 or index > 150)
        assert np.isnan(body.tracker_positions[1]).any() == (not body.tracker_valid[1])
        np.testing.assert_allclose(body.positions[HEAD], wanted["head"].position, atol=1e-9)
        np.testing.assert_allclose(body.positions[RIGHT], wanted["right_hand"].position, atol=1e-3)
    np.testing.assert_allclose(
        bodies[-1].positions[LEFT], walking(199)["left_hand"].position, atol=1e-3
    )


@pytest.mark.parametrize("away", [12, 40, 70])
def test_hands_are_lost_and_recovered_at_bounded_speed(away):
    """Also when the tracker comes back before it counts as lost, but elsewhere."""
    tracker = body_tracker(FakePredictor(lambda step: random_pose(4, 0.3)))

    def poses(index):
        hand = pose_at(0.2, 0.35, 1.2) if index < 100 else pose_at(0.35, 0.1, 1.7)
        found = {"head": pose_at(0.0, 0.0, 1.6), "right_hand": pose_at(0.2, -0.3, 1.2)}
        return found if 100 - away <= index < 100 else found | {"left_hand": hand}

    bodies = push_all(tracker, frames(range(10, 160), poses))
    positions = np.array([body.positions for body in bodies])
    speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * 60
    assert speed.max() <= 3.0 * 1.001
    assert speed[80:, LEFT].max() > 1.0
    np.testing.assert_allclose(positions[-1, LEFT], [0.35, 0.1, 1.7], atol=1e-6)
    # 0.6 m take 0.3 s at the most.
    at = {round(body.stamp_ns * 60 / 1e9): body.positions[LEFT] for body in bodies}
    error = np.linalg.norm(at[99] - [0.35, 0.1, 1.7])
    ticks = math.ceil(max(error / 0.6, 1.0) * 18)
    np.testing.assert_allclose(at[101 + ticks], [0.35, 0.1, 1.7], atol=1e-6)


def lost_head(lost, back):
    return lambda index: {
        slot: pose
        for slot, pose in upper_body(index).items()
        if slot != "head" or not lost <= index < back
    }


def test_a_lost_head_means_silence_until_it_is_back():
    tracker = body_tracker()
    bodies = push_all(tracker, frames(range(60, 200), lost_head(100, 140)))
    indices = [round(body.stamp_ns * 60 / 1e9) for body in bodies]
    assert indices == [*range(60, 100), *range(141, 200)]
    assert tracker.stats.head_lost == 41
    assert tracker.stats.ticks == len(bodies)
    assert tracker.predictor.resets == 1
    positions = np.array([body.positions for body in bodies])
    # The network was not fed without a head.
    assert len(tracker.predictor.steps) == len(bodies)
    # It resumes where it stopped, at bounded speed beyond that of the head (0.6 m/s and turning).
    resume = indices.index(141)
    step = np.linalg.norm(positions[resume] - positions[resume - 1], axis=-1)
    assert step.max() < 0.05
    speed = np.linalg.norm(np.diff(positions[resume:], axis=0), axis=-1) * 60
    assert speed.max() < 3.0 + 1.5
    np.testing.assert_allclose(positions[-1, HEAD], walking(199)["head"].position, atol=1e-9)


@pytest.mark.parametrize("timeout", [0.03, 0.1, 0.5])
def test_a_head_that_comes_back_elsewhere_is_followed_at_bounded_speed(timeout):
    def poses(index):
        there = pose_at(0.0, 0.0, 1.6) if index < 100 else pose_at(0.9, 0.0, 1.6)
        return {} if 80 <= index < 100 else {"head": there}

    tracker = body_tracker(FakePredictor(), tracker_timeout=timeout)
    bodies = push_all(tracker, frames(range(60, 160), poses))
    positions = np.array([body.positions for body in bodies])
    steps = np.linalg.norm(np.diff(positions, axis=0), axis=-1)
    if timeout > 20 / 60:
        # Bridged: the body glides over, and its feet, which stood, have to catch up with it.
        assert np.delete(steps, LEGS, axis=1).max() * 60 <= 0.9 / 20 * 61
        assert steps.max() * 60 <= 0.9 / 20 * 60 * 1.08
    else:
        assert steps.max() * 60 <= tracker.settings.max_recovery_speed * 1.001
    np.testing.assert_allclose(positions[-1, HEAD], [0.9, 0.0, 1.6])


def test_a_hand_that_leaps_is_followed_at_bounded_speed():
    """As when a headset takes one hand for the other."""

    def poses(index):
        hand = pose_at(0.2, 0.3, 1.2) if index < 100 else pose_at(0.35, -0.05, 1.6)
        return {"head": pose_at(0.0, 0.0, 1.6), "left_hand": hand}

    bodies = push_all(body_tracker(FakePredictor()), frames(range(60, 160), poses))
    positions = np.array([body.positions for body in bodies])
    assert np.linalg.norm(np.diff(positions, axis=0), axis=-1).max() * 60 <= 3.0 * 1.001
    np.testing.assert_allclose(positions[39, LEFT], [0.2, 0.3, 1.2], atol=1e-6)
    np.testing.assert_allclose(positions[-1, LEFT], [0.35, -0.05, 1.6], atol=1e-6)


def test_silence_is_silence_while_the_head_stays_away():
    tracker = body_tracker()
    push_all(tracker, frames(range(60, 100), upper_body))
    hands = lost_head(100, 10**6)
    assert push_all(tracker, frames(range(100, 400), hands)) == []


def test_the_network_starts_anew_after_a_second_without_head():
    tracker = body_tracker()
    push_all(tracker, frames(range(60, 300), lost_head(100, 180)))
    assert tracker.predictor.resets == 2
    assert tracker.stats.network_resets == 1
    assert tracker.stats.resets == 0


def test_a_bag_loop_starts_anew():
    tracker = body_tracker()
    loop = frames(range(60, 160), upper_body)
    first, second = push_all(tracker, loop), push_all(tracker, loop)
    assert tracker.stats.resets == 1
    assert [body.stamp_ns for body in first] == [body.stamp_ns for body in second]
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.positions, two.positions)


def test_reset_is_a_fresh_start():
    tracker = body_tracker()
    stream = frames(range(60, 100), upper_body)
    first = push_all(tracker, stream)
    tracker.reset()
    again = push_all(tracker, stream)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.positions, two.positions)
    assert tracker.stats.resets == 1


def test_counters():
    tracker = body_tracker()
    for index in range(60, 70):
        frame = TrackerFrame(stamp(index), upper_body(index))
        tracker.push(frame)
        tracker.push(frame)
        late = {"left_hand": walking(index)["left_hand"]}
        tracker.push(TrackerFrame(stamp(index - 1.5), late))
    stats = tracker.stats
    assert stats.received["head"] == 20
    assert stats.received["left_hand"] == 30
    assert stats.dropped_duplicate == dict.fromkeys(SLOTS, 0) | dict.fromkeys(HANDS, 10)
    assert stats.dropped_late == dict.fromkeys(SLOTS, 0) | {"left_hand": 10}
    assert stats.ticks == 10


BAD = {
    "nan": TrackerPose((math.nan, 0.0, 1.0), (0, 0, 0, 1)),
    "zero": TrackerPose((0.0, 0.0, 1.0), (0, 0, 0, 0)),
    "far": TrackerPose((0.0, 0.0, 5000.0), (0, 0, 0, 1)),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_poses_leave_the_state_untouched(name):
    stream = frames(range(60, 100), upper_body)
    plain = push_all(body_tracker(), stream)
    tracker = body_tracker()
    bodies = []
    for frame in stream:
        with pytest.raises(BadTrackerPose, match="left_hand"):
            tracker.push(
                TrackerFrame(frame.stamp_ns + 1, dict(frame.poses) | {"left_hand": BAD[name]})
            )
        bodies += tracker.push(frame)
    assert tracker.stats.dropped_invalid["left_hand"] == len(stream)
    for one, two in zip(plain, bodies, strict=True):
        np.testing.assert_array_equal(one.positions, two.positions)


def test_unknown_slots_and_other_frames_are_refused():
    tracker = body_tracker()
    push_all(tracker, frames(range(60, 70), upper_body))
    with pytest.raises(BadTrackerPose, match=r"left_knee.*head, left_hand"):
        tracker.push(TrackerFrame(stamp(70), {"left_knee": pose_at(0, 0, 1)}))
    with pytest.raises(BadTrackerPose, match=r"'odom'.*'world'"):
        tracker.push(TrackerFrame(stamp(70), {"head": pose_at(0, 0, 1)}, "odom"))
    tracker.reset()
    assert tracker.push(TrackerFrame(stamp(70), {"head": pose_at(0, 0, 1)}, "odom")) == []


def test_the_head_decides_the_frame_whoever_is_heard_first():
    tracker = body_tracker()
    bodies = []
    for index in range(60, 80):
        poses = upper_body(index)
        hand = TrackerFrame(stamp(index), {"left_hand": poses["left_hand"]}, "odom")
        if index == 60:
            assert tracker.push(hand) == []
        else:
            with pytest.raises(BadTrackerPose, match=r"left_hand.*'odom'.*'world'"):
                tracker.push(hand)
        for slot in ("head", "right_hand"):
            bodies += tracker.push(TrackerFrame(stamp(index), {slot: poses[slot]}))
    assert [body.stamp_ns for body in bodies] == [stamp(index) for index in range(60, 80)]
    assert {body.frame_id for body in bodies} == {"world"}
    valid = np.array([body.tracker_valid for body in bodies])
    assert not valid[:, 1].any() and valid[:, 0].all() and valid[:, 2].all()


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("field", ["local_rotations", "confidence", "contacts"])
def test_results_that_are_not_finite_are_not_returned(field, value):
    class Failing(FakePredictor):
        def step(self, *trackers):
            prediction = super().step(*trackers)
            if len(self.steps) == 11:
                getattr(prediction, field)[0] = value
            return prediction

    tracker = body_tracker(Failing())
    bodies = push_all(tracker, frames(range(60, 100), upper_body))
    assert [round(body.stamp_ns * 60 / 1e9) for body in bodies] == [*range(60, 70), *range(71, 100)]
    assert tracker.stats.not_finite == 1
    assert tracker.predictor.resets == 2
    assert all(np.isfinite(body.positions).all() for body in bodies)


@settings(max_examples=examples(25))
@given(st.data())
def test_no_input_gives_anything_that_is_not_finite(data):
    """Any stamps and values whatsoever: refused by name, or bodies that are finite and in order."""
    numbers = st.one_of(st.floats(), st.floats(-3.0, 3.0), st.floats(-1e4, 1e4))
    tracker = body_tracker(FakePredictor(lambda step: random_pose(step % 7, 0.5)))
    stamps = st.one_of(st.integers(0, 10**9), st.integers(-(2**63), 2**63 - 1))
    last = None
    for _ in range(40):
        poses = {
            slot: TrackerPose(
                [data.draw(numbers) for _ in range(3)], [data.draw(numbers) for _ in range(4)]
            )
            for slot in data.draw(st.sets(st.sampled_from(SLOTS[:4])))
        }
        resets = tracker.stats.resets
        try:
            bodies = tracker.push(TrackerFrame(data.draw(stamps), poses))
        except BadTrackerPose:
            continue
        assert len(bodies) < 100
        if tracker.stats.resets > resets:
            last = None
        for body in bodies:
            for values in (body.positions, body.local_rotations, body.world_rotations):
                assert np.isfinite(values).all()
            np.testing.assert_allclose(np.linalg.norm(body.local_rotations, axis=-1), 1.0)
            assert last is None or body.stamp_ns > last
            last = body.stamp_ns


@settings(max_examples=examples(10))
@given(st.integers(0, 2**31), st.randoms(use_true_random=False))
def test_bundling_of_messages_changes_nothing(seed, random):
    rng = np.random.default_rng(seed)
    pose = [random_pose(seed + step, 0.1) for step in range(3)]
    whole, split = (body_tracker(FakePredictor(lambda step: pose[step % 3])) for _ in "ab")
    one, two = [], []
    gone = rng.integers(60, 90, 2)
    for index in np.arange(60.0, 110.0, rng.uniform(0.5, 3.0)):
        poses = upper_body(index)
        if gone[0] <= index < gone[0] + 25:
            del poses["right_hand"]
        one += whole.push(TrackerFrame(stamp(index), poses))
        order = list(poses)
        random.shuffle(order)
        for slot in order:
            two += split.push(TrackerFrame(stamp(index), {slot: poses[slot]}))
    assert len(one) > 40
    for first, second in zip(one, two, strict=True):
        assert first.stamp_ns == second.stamp_ns
        np.testing.assert_array_equal(first.positions, second.positions)


def test_built_from_files(tmp_path):
    path = save_model(StreamingKineST(StreamingConfig.tiny()), tmp_path / "tiny.safetensors", {})
    SKELETON.save(tmp_path / "me.npz")
    stream = frames(range(60, 70), upper_body)
    built = BodyTracker.build(str(path), "cpu", skeleton_file=tmp_path / "me.npz")
    assert len(push_all(built, stream)) == 10
    np.testing.assert_array_equal(built.skeleton.rest_offsets, SKELETON.rest_offsets)
    taller = BodyTracker.build(str(path), "cpu", stature=2.0)
    assert taller.skeleton.stature == pytest.approx(2.0, abs=0.01)
    with pytest.raises(KinestError, match=r"none\.safetensors"):
        BodyTracker.build(str(tmp_path / "none.safetensors"), "cpu")


@pytest.mark.parametrize("splits", [1, 3])
def test_the_same_frames_in_pieces_with_the_real_network(splits):
    """The state is carried: pushing a stream in pieces is pushing the stream."""
    torch.manual_seed(0)
    model = StreamingKineST(StreamingConfig.tiny())
    stream = frames(np.arange(60.0, 120.0, 0.8), upper_body)
    whole, pieces = (BodyTracker(StreamingPredictor(model, SKELETON), SKELETON) for _ in "ab")
    one = push_all(whole, stream)
    bounds = np.linspace(0, len(stream), splits + 1).astype(int)
    two = [
        body
        for start, stop in itertools.pairwise(bounds)
        for body in push_all(pieces, stream[start:stop])
    ]
    assert len(one) == len(two) > 55
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first.positions, second.positions)
        index = first.stamp_ns * 60 / 1e9
        np.testing.assert_allclose(
            first.positions[HEAD], walking(index)["head"].position, atol=1e-3
        )


def test_slots_are_in_the_order_the_tracker_relies_on():
    assert SLOTS[:3] == HANDS
    assert SLOT_JOINTS[:3] == (HEAD, LEFT, RIGHT)
