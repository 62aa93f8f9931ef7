# SPDX-License-Identifier: Apache-2.0
"""Bags against a truth on another clock and in another frame: mocap bodies, clips, other bags."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.bags.types import typestore
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import SLOT_JOINTS, SLOTS
from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.evaluation.worst import add_errors
from kinest_ros.formats.clips.write_bvh import write_bvh
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import tracker_frames, true_bodies
from tests.search import examples
from tests.tracking.fakes import SKELETON

#: mocap_from_world, and its clock: that much is added to our stamps.
TURN = Rotation.from_euler("xyz", (3.0, -2.0, 75.0), degrees=True)
PLACE = np.array((2.0, -1.0, 0.2))
LATE = 1234.5678
NAMES = {"head": "Helmet", "left_hand": "GloveL", "right_hand": "GloveR", "pelvis": "Belt"}
MARKERS = {
    name: (Rotation.from_rotvec(0.5 * np.array(v)), 0.05 * np.array(v))
    for name, v in zip(NAMES, ((1, 0, 2), (0, 1, 1), (2, 1, 0), (1, 1, 1)), strict=True)
}


@pytest.fixture(scope="module")
def motion():
    return generate("reaching", SKELETON, 3, 4.8)


def write_mocap(out, body):
    """What a mocap system says of the markers on a body, its place on the table included."""
    types = typestore().types
    link = matrices_from_quaternions(body.world_rotations) @ JOINT_FROM_LINK
    poses = []
    for slot, name in NAMES.items():
        joint = SLOT_JOINTS[SLOTS.index(slot)]
        turn, place = MARKERS[slot]
        at = TURN.apply(body.positions[joint] + link[joint] @ place) + PLACE
        x, y, z, w = (TURN * Rotation.from_matrix(link[joint]) * turn).as_quat()
        pose = types["geometry_msgs/msg/Pose"](
            types["geometry_msgs/msg/Point"](*at),
            types["geometry_msgs/msg/Quaternion"](x, y, z, w),
        )
        poses.append(types["mocap4r2_msgs/msg/RigidBody"](name, [], pose))
    stamp = body.stamp_ns + round(LATE * 1e9)
    header = types["std_msgs/msg/Header"](
        types["builtin_interfaces/msg/Time"](stamp // 10**9, stamp % 10**9), "mocap"
    )
    message = types["mocap4r2_msgs/msg/RigidBodies"](header, 0, poses)
    data = typestore().serialize_cdr(message, "mocap4r2_msgs/msg/RigidBodies")
    out.write_raw("/mocap/bodies", "mocap4r2_msgs/msg/RigidBodies", body.stamp_ns, bytes(data))


@pytest.fixture(scope="module")
def bag(motion, tmp_path_factory):
    """A bag with trackers, bodies and mocap, of the same motion."""
    path = tmp_path_factory.mktemp("bags") / "run"
    with BodyBagWriter(path, SKELETON) as out:
        for frame in tracker_frames(motion, SKELETON, 60.0):
            out.write_frame(frame)
        for body in true_bodies(motion, SKELETON):
            write_mocap(out, body)
            out.write_body(body)
    return path


MOCAP = ("--truth", "rigid_bodies", "--truth-topic", "rigid_bodies:=/mocap/bodies")
SOURCES = [a for slot, name in NAMES.items() for a in ("--truth-source", f"{slot}:={name}")]


@pytest.mark.slow
def test_mocap_bodies_in_the_same_bag(bag, tmp_path, kinest):
    report = tmp_path / "report.html"
    status, text, err = kinest("evaluate", bag, *MOCAP, *SOURCES, "--json", "--report", report)
    assert status == 0, err
    page = report.read_text(encoding="utf-8")
    assert "The truth is mocap bodies (rigid_bodies)" in page and "The worst moments" in page
    for joint in ("head", "left_wrist", "right_wrist", "pelvis"):  # bars, and lines over time
        assert page.count(f">{joint}</text>") == 1 and f"■</span> {joint} " in page
    assert ">left_knee</text>" not in page
    figures = json.loads(text)["run"]
    found = figures["alignment"]
    assert found["offset_ms"] == pytest.approx(-LATE * 1e3, abs=0.3)
    assert found["rotation_deg"] == pytest.approx(np.degrees(TURN.magnitude()), abs=0.05)
    np.testing.assert_allclose(found["translation_m"], TURN.inv().apply(-PLACE), atol=3e-3)
    assert found["by"] == list(SLOTS[:3])
    assert found["residual_mm"]["p95"] < 1.5 and found["residual_deg"]["p95"] < 0.1
    assert figures["accuracy"] is None
    assert set(figures["mocap"]) == set(NAMES)
    for slot in NAMES:
        assert figures["mocap"][slot]["position_cm"]["p95"] < 0.2
        assert figures["mocap"][slot]["worn"] == (slot != "pelvis")
    status, text, _ = kinest("evaluate", bag, *MOCAP, *SOURCES)
    assert status == 0
    for said in ("truth's clock is behind by, ms", "alignment leaves, mm", "worst 5 s: jitter",
                 "pelvis to its mocap body, where that fits best, cm"):  # fmt: skip
        assert said in text


def elsewhere(motion):
    """The same motion in a frame of its own, with Z up as suits have it."""
    turn = Rotation.from_euler("z", 40, degrees=True).as_matrix()
    local = motion.local_rotations.copy()
    local[:, 0] = turn @ local[:, 0]
    roots = motion.root_position @ turn.T + (1.0, 2.0, 0.0)
    return Motion(local, roots, motion.fps)


def test_a_clip_of_another_system(bag, motion, tmp_path, kinest):
    """It has its own clock and its own frame, and begins a second and a half later."""
    moved = elsewhere(motion)
    cut = Motion(moved.local_rotations[90:], moved.root_position[90:], motion.fps)
    write_bvh(cut, SKELETON, tmp_path / "suit.bvh")
    args = ("evaluate", bag, "--truth", tmp_path / "suit.bvh", "--json")
    report = tmp_path / "report.html"
    status, text, err = kinest(*args, "--report", report)
    assert status == 0, err
    page = report.read_text(encoding="utf-8")
    assert "suit.bvh: 1500.0 ms were added to its stamps" in page
    assert "mpjpe against the truth" in page and "Error over time" in page
    assert "The worst moments" in page
    worst = [float(cm) for cm in re.findall(r"at [0-9.]+ s: mean error ([0-9.]+) cm", page)]
    assert len(worst) == 3 and max(worst) < 1.0
    figures = json.loads(text)["run"]
    assert figures["alignment"]["offset_ms"] == pytest.approx(1500.0, abs=0.5)
    assert figures["alignment"]["rotation_deg"] == pytest.approx(40.0, abs=0.1)
    assert figures["accuracy"]["mpjpe"] < 0.5
    assert figures["worst_5_s"]["mpjpe"]["value"] < 0.5
    assert len(figures["per_minute"]["mpjpe"]) == 1
    # As it stands, it is nobody's truth.
    status, text, err = kinest(*args, "--no-align")
    assert status == 0, err
    assert json.loads(text)["run"]["accuracy"]["mpjpe"] > 100.0


@pytest.mark.slow
def test_limits_on_an_aligned_truth_as_in_ci(bag, motion, tmp_path, kinest):
    write_bvh(elsewhere(motion), SKELETON, tmp_path / "suit.bvh")
    args = ("evaluate", bag, "--truth", tmp_path / "suit.bvh", "--json")
    old = tmp_path / "old.json"
    old.write_text(kinest(*args)[1])
    limits = ("--against", old, "--fail-if", "mpjpe>+5%", "--fail-if", "worst_5_s.mpjpe.value>+5%")
    assert kinest(*args, *limits)[0] == 0
    figures = json.loads(old.read_text())
    figures["run"]["accuracy"]["mpjpe"] *= 0.5
    old.write_text(json.dumps(figures))
    status, text, err = kinest(*args, *limits)
    assert status == 1 and "failed: run: mpjpe is" in err
    assert set(json.loads(text)) == {"run"}
    assert kinest(*args, "--fail-if", "alignment.offset_ms<1")[0] == 1
    status, _, err = kinest(*args, "--fail-if", "mpjpj>1")
    assert status == 2 and "no figure 'mpjpj'" in err


@pytest.mark.slow
def test_what_is_no_truth_is_named(bag, tmp_path, kinest):
    def refused(*args):
        status, _, err = kinest("evaluate", bag, *args)
        assert status == 2
        return err

    assert "neither a topic, such as /kinest/ground_truth/body" in refused("--truth", "nope")
    assert "has no topic /mocap/bodied" in refused("--truth", "/mocap/bodied")
    assert "need --truth" in refused("--no-align")
    assert "of mocap bodies" in refused("--truth", "x.bvh", "--truth-source", "head:=a")
    err = refused(*MOCAP, "--truth-source", "head:=Hat")
    assert "Hat" in err and "Helmet" in err
    swapped = ("--truth-source", "head:=Belt", "--truth-source", "left_hand:=GloveR")
    err = refused(*MOCAP, *swapped)
    assert "cannot be aligned" in err


def test_the_worst_five_seconds_and_each_minute(tmp_path, kinest):
    """Two seconds at the start and two after a minute, in which a wrist is 44 cm off."""
    motion = generate("standing", SKELETON, 1, 2.0)
    with BodyBagWriter(tmp_path / "run", SKELETON) as out:
        for minute, away in ((0, 0.0), (61, 0.44)):
            for body in true_bodies(motion, SKELETON):
                later = replace(body, stamp_ns=body.stamp_ns + minute * 10**9)
                out.write_ground_truth(later)
                places = body.positions.copy()
                places[20] += (0.0, away, 0.0)
                out.write_body(replace(later, positions=places))
    status, text, err = kinest("evaluate", tmp_path / "run", "--json")
    assert status == 0, err
    figures = json.loads(text)["run"]
    assert figures["worst_5_s"]["mpjpe"]["value"] == pytest.approx(2.0, abs=0.01)
    assert figures["worst_5_s"]["mpjpe"]["from_s"] == pytest.approx(61.0, abs=0.3)
    assert figures["per_minute"]["mpjpe"] == [pytest.approx(0.0, abs=1e-6), pytest.approx(2.0)]
    status, text, _ = kinest("evaluate", tmp_path / "run")
    assert status == 0
    assert "worst 5 s: mpjpe, cm (from, s)" in text and "2.00 (61." in text
    assert "minute by minute" in text


@given(seed=st.integers(0, 10_000))
@settings(max_examples=examples(25), deadline=None)
def test_the_worst_stretch_is_the_worst(seed):
    """Against every stretch of five seconds by itself."""
    rng = np.random.default_rng(seed)
    ticks = np.flatnonzero(rng.random(900) < rng.uniform(0.7, 1.0))
    errors = rng.gamma(2.0, 1.0, len(ticks)) * (1.0 + np.sin(ticks / rng.uniform(30, 300)))
    stamps = np.round(ticks * 1e9 / 60.0).astype(np.int64)
    figures = {"worst_5_s": {}, "per_minute": {}}
    add_errors(figures, errors, stamps)
    inside = (ticks[None] >= ticks[:, None]) & (ticks[None] < ticks[:, None] + 300)
    held = inside.sum(axis=1)
    means = np.where(held >= 0.9 * min(300, held.max()), inside @ errors / held, -1.0)
    assert figures["worst_5_s"]["mpjpe"]["value"] == pytest.approx(means.max())
    assert figures["per_minute"]["mpjpe"] == [pytest.approx(errors.mean())]
