# SPDX-License-Identifier: Apache-2.0
"""A robot follows a walking person: like them, within its limits, and on its soles."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.errors import KinestError
from kinest_ros.retarget.evaluation.measures import measure
from kinest_ros.retarget.evaluation.poses import retarget_motion
from kinest_ros.retarget.own_robot.descriptions import own_robot_urdf
from kinest_ros.retarget.robot.parts import Limb
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver import tasks
from kinest_ros.retarget.solver.retargeter import Retargeter
from kinest_ros.retarget.solver.settings import RetargetSettings
from kinest_ros.retarget.targets.human import Human
from tests.retarget.robot.sketches import bird, point_footed
from tests.retarget.robots import ARMS, LEGS, performed, shared_robot, without


@pytest.fixture(scope="module")
def walk():
    return performed("walking", 4.0)


@pytest.fixture(scope="module")
def measured(walk):
    retargeter = Retargeter(Robot.load())
    result = retarget_motion(retargeter, walk)
    return measure(retargeter, walk, result).values, result


def test_it_does_what_the_human_does(measured):
    values, _ = measured
    assert values["arm"] < 2.5
    assert values["leg"] < 3.0
    assert values["hand"] < 2.5
    assert values["pelvis"] < 2.5


def test_feet_stand_on_the_floor(measured):
    values, _ = measured
    assert values["slide"] < 2.0
    assert values["sole_height"] < 2.0
    assert values["sole_depth"] < 3.0


def test_limits_and_links_apart(measured):
    values, _ = measured
    assert values["outside"] == 0
    assert values["jumps"] == 0
    assert values["fastest"] <= 12.0 + 1e-6
    assert values["collision"] <= 0.5
    assert values["jerk"] < 800.0


def test_without_the_foot_lock_feet_slide(walk, measured):
    retargeter = Retargeter(Robot.load(), RetargetSettings(foot_lock=False))
    values = measure(retargeter, walk, retarget_motion(retargeter, walk)).values
    assert values["slide"] > 1.5 * measured[0]["slide"]


def test_the_same_bodies_give_the_same_poses(walk, measured):
    again = retarget_motion(Retargeter(Robot.load()), walk)
    assert np.array_equal(again.joints, measured[1].joints)


def test_start_heading_does_not_matter(walk, measured):
    """Turned half round and elsewhere, the human leads to the same joints."""
    turn = np.diag((-1.0, -1.0, 1.0))
    turned = replace(
        walk,
        positions=walk.positions @ turn + (3.0, -2.0, 0.0),
        rotations=turn @ walk.rotations,
    )
    result = retarget_motion(Retargeter(Robot.load()), turned)
    assert np.abs(result.joints - measured[1].joints).max() < 1e-3


def test_hands_do_not_go_through_the_body():
    """Both hands pulled into the belly."""
    motion = performed("standing", 1.0)
    places = motion.positions.copy()
    belly = places[:, 3]
    for elbow, wrist, side in ((18, 20, 1.0), (19, 21, -1.0)):
        places[:, wrist] = belly
        places[:, elbow] = belly + np.array((-0.1, side * 0.25, 0.0))
    crossed = replace(motion, positions=places)
    deep = {}
    for on in (True, False):
        retargeter = Retargeter(Robot.load(), RetargetSettings(self_collision=on))
        deep[on] = measure(retargeter, crossed, retarget_motion(retargeter, crossed)).values[
            "overlap"
        ]
    assert deep[False] > 15.0
    assert deep[True] < 5.0


@pytest.mark.parametrize("cut", [LEGS, f"{ARMS}|waist|torso"], ids=["upper", "legs"])
def test_robots_that_lack_limbs(walk, cut):
    retargeter = Retargeter(Robot.load(without(cut)))
    result = retarget_motion(retargeter, walk)
    values = measure(retargeter, walk, result).values
    assert values["outside"] == 0
    if cut == LEGS:
        # The base stands still, so arms count in the world only as far as the waist turns.
        assert np.ptp(result.base_positions, axis=0).max() == 0.0
        assert np.isnan(values["leg"])
    else:
        assert values["leg"] < 3.0
        assert np.isnan(values["arm"])


def test_upper_mode_leaves_legs_and_base_alone(walk):
    retargeter = Retargeter(Robot.load(), RetargetSettings(mode="upper"))
    result = retarget_motion(retargeter, walk)
    assert np.ptp(result.joints[:, :12], axis=0).max() == 0.0
    assert np.ptp(result.base_positions, axis=0).max() == 0.0
    assert np.ptp(result.joints[:, 15:], axis=0).max() > 0.1
    pose = retargeter.step(walk.human(1), result.stamps_ns[-1] + 16_666_667)
    for twist in (*pose.base_twist, pose.base_linear):
        np.testing.assert_array_equal(twist, np.zeros(3))


def test_what_the_clock_says_at_the_first_body_does_not_matter(walk):
    poses = [Retargeter(Robot.load()).step(walk.human(0), stamp) for stamp in (1_000_000, 10**18)]
    np.testing.assert_array_equal(poses[0].joints, poses[1].joints)
    np.testing.assert_array_equal(poses[0].velocities, poses[1].velocities)


def test_coupled_joints_keep_their_ratio(walk):
    text = own_robot_urdf().replace(
        '<joint name="right_elbow_joint" type="revolute">',
        '<joint name="right_elbow_joint" type="revolute">'
        '<mimic joint="left_elbow_joint" multiplier="0.5" offset="-0.1"/>',
    )
    robot = Robot.load(text)
    result = retarget_motion(Retargeter(robot), walk)
    left, right = (robot.names.index(f"{side}_elbow_joint") for side in ("left", "right"))
    assert result.joints[:, right] == pytest.approx(0.5 * result.joints[:, left] - 0.1, abs=1e-9)
    assert np.ptp(result.joints[:, left]) > 0.05
    assert (result.joints >= robot.lower - 1e-9).all() and (
        result.joints <= robot.upper + 1e-9
    ).all()


@pytest.mark.parametrize("file", ["g1.xml", "h1.xml", "t1.xml", "talos.urdf"])
def test_robots_of_other_makers_without_configuration(walk, file):
    retargeter = Retargeter(Robot.load(shared_robot(file)))
    values = measure(retargeter, walk, retarget_motion(retargeter, walk)).values
    assert values["arm"] < 6.0
    assert values["slide"] < 5.0
    assert (values["outside"], values["jumps"]) == (0, 0)


def test_a_body_that_is_not_finite_is_refused_and_changes_nothing(walk):
    retargeter = Retargeter(Robot.load())
    for frame in range(5):
        retargeter.step(walk.human(frame), int(walk.stamps_ns[frame]))
    before = retargeter.qpos
    human = walk.human(5)
    bad = Human(human.positions.copy(), human.rotations, human.contacts)
    bad.positions[20] = np.nan
    with pytest.raises(KinestError, match="NaN"):
        retargeter.step(bad, int(walk.stamps_ns[5]))
    assert np.array_equal(before, retargeter.qpos)


def test_wild_bodies_stay_within_limits(walk):
    """Bodies from one end of the room to the other, limbs thrown about from frame to frame."""
    robot = Robot.load()
    retargeter = Retargeter(robot)
    random = np.random.default_rng(5)
    stamps = walk.stamps_ns[:120]
    joints = []
    for stamp in stamps:
        human = walk.human(int(random.integers(len(walk))))
        shift = random.uniform(-3.0, 3.0, 3) * (1.0, 1.0, 0.2)
        turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
        turn *= np.sign(np.linalg.det(turn))
        wild = Human(human.positions @ turn.T + shift, turn @ human.rotations, human.contacts)
        joints.append(retargeter.step(wild, int(stamp)).joints)
    joints = np.array(joints)
    assert np.isfinite(joints).all()
    assert (joints >= robot.lower).all() and (joints <= robot.upper).all()
    speed = np.diff(joints, axis=0) * 60.0
    assert np.abs(speed).max() <= 12.0 + 1e-3
    assert np.abs(np.diff(speed, axis=0)).max() * 60.0 <= 250.0 * 1.01


def test_quiet_standing_keeps_the_weight_over_the_feet():
    motion = performed("standing", 4.0)
    retargeter = Retargeter(Robot.load())
    robot = retargeter.robot
    result = retarget_motion(retargeter, motion)
    data = mujoco.MjData(robot.model)
    speed = np.linalg.norm(np.gradient(motion.positions[:, 0], axis=0), axis=1) * 60.0
    quiet = (speed < 0.1) & (motion.contacts.min(axis=1) > 0.9)
    assert quiet.sum() > 60
    for frame in np.flatnonzero(quiet):
        data.qpos[:] = result.qpos[frame]
        mujoco.mj_kinematics(robot.model, data)
        mujoco.mj_comPos(robot.model, data)
        corners = np.concatenate(
            [
                data.xpos[leg.end_body] + leg.sole.corners @ data.xmat[leg.end_body].reshape(3, 3).T
                for leg in robot.parts.legs
            ]
        )[:, :2]
        assert within(corners, data.subtree_com[robot.parts.root_body][:2])


@pytest.mark.parametrize("way", range(0, 360, 45))
def test_a_weight_beside_the_feet_is_asked_back_whatever_side_it_is_on(way: int):
    retargeter = Retargeter(Robot.load())
    robot, data = retargeter.robot, retargeter._data
    mujoco.mj_kinematics(robot.model, data)
    mujoco.mj_comPos(robot.model, data)
    weight = data.subtree_com[robot.parts.root_body][:2].copy()
    away = np.array((np.cos(np.radians(way)), np.sin(np.radians(way))))
    square = 0.1 * np.array(((1, 1), (1, -1), (-1, 1), (-1, -1)))
    assert retargeter._constraints._weight_over_feet(data, weight + square) is None
    rows, least = retargeter._constraints._weight_over_feet(data, weight + square - 0.25 * away)
    # The step that does what is asked and no more brings the weight back over the feet.
    step = np.linalg.pinv(rows) @ least
    moved = (retargeter._constraints._jacobians.of_weight(data, robot.parts.root_body) @ step)[:2]
    assert least.max() > 0.0 and moved @ away < 0.0


def within(corners: np.ndarray, point: np.ndarray) -> bool:
    """Whether a point lies in the hull of corners (8, 2)."""
    from scipy.spatial import ConvexHull

    equations = ConvexHull(corners).equations
    return bool((equations[:, :2] @ point + equations[:, 2] <= 1e-6).all())


@pytest.mark.parametrize("shape", [point_footed, bird], ids=["point feet", "three segments"])
def test_legs_of_other_shapes_walk(walk, shape):
    """Their feet are on the floor and stay; a shin on a point is not held upright."""
    retargeter = Retargeter(Robot.load(shape().text()))
    values = measure(retargeter, walk, retarget_motion(retargeter, walk)).values
    assert values["outside"] == values["jumps"] == 0
    assert values["leg"] < 4.0
    assert values["slide"] < 4.0
    assert values["sole_depth"] < 3.0


def test_arms_without_a_wrist_keep_their_directions(walk, monkeypatch):
    """Where the hand cannot be in its place, the arm's direction does not pay for it."""

    def arm() -> float:
        robot = Robot.load(without("wrist|hand"))
        retargeter = Retargeter(robot)
        return measure(retargeter, walk, retarget_motion(retargeter, walk)).values["arm"]

    found = arm()
    monkeypatch.setattr(tasks, "NO_WRIST", 1.0)
    assert found < 0.7 * arm()


def test_a_sole_that_does_not_roll_stays_where_it_stands(walk, monkeypatch):
    """Held by its ball, not by the ankle above it, under which it would slide."""

    def slide() -> float:
        text = own_robot_urdf()
        for side in ("left", "right"):
            joint = f'<joint name="{side}_ankle_roll_joint" type='
            assert f'{joint}"revolute"' in text
            text = text.replace(f'{joint}"revolute"', f'{joint}"fixed"')
        retargeter = Retargeter(Robot.load(text))
        return measure(retargeter, walk, retarget_motion(retargeter, walk)).values["slide"]

    found = slide()
    monkeypatch.setattr(Limb, "held_in_end", property(lambda limb: limb.end_in_end))
    assert found < 0.8 * slide()
