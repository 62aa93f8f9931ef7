# SPDX-License-Identifier: Apache-2.0
import numpy as np

from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import TOE_JOINT_HEIGHT
from kinest_ros.tracking.wearer.feet_watch import LIMIT, PATIENCE, FeetWatch
from tests.tracking.fakes import SKELETON, rest_pose

STANDS, HANGS = np.array((0.9, 0.1)), np.array((0.2, 0.1))


def body(gap: float, seated: bool = False) -> np.ndarray:
    """Joints (22, 3) of somebody upright, whose toes are so far (m) over the floor."""
    local = rest_pose()
    if seated:
        bent = np.array(((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0)))
        local[[1, 2]], local[[4, 5]] = bent, bent.T
    positions, _ = forward_kinematics_np(local, SKELETON.rest_offsets, np.zeros(3))
    positions[:, 2] += gap + TOE_JOINT_HEIGHT - positions[[10, 11], 2].min()
    return positions


def watched(positions: np.ndarray, contacts: np.ndarray, ticks: int, floor: float = 0.0):
    watch = FeetWatch()
    for _ in range(ticks):
        watch.look(positions, contacts, floor)
    return watch.gap


def test_feet_that_stand_in_the_air_for_long_are_told_of() -> None:
    assert watched(body(0.3), STANDS, PATIENCE - 1) is None
    np.testing.assert_allclose(watched(body(0.3), STANDS, PATIENCE), 0.3, atol=1e-6)
    # The network doubts it, at that height; but so somebody stands.
    np.testing.assert_allclose(watched(body(0.3), HANGS, PATIENCE), 0.3, atol=1e-6)


def test_feet_near_the_floor_are_not() -> None:
    assert watched(body(LIMIT - 0.01), STANDS, 3 * PATIENCE) is None
    assert watched(body(0.3), STANDS, 3 * PATIENCE, floor=0.3) is None


def test_who_sits_with_dangling_legs_does_not_stand() -> None:
    assert watched(body(0.2, seated=True), HANGS, 3 * PATIENCE) is None


def test_jumps_are_not_told_of_and_what_is_over_is_soon_forgotten() -> None:
    watch = FeetWatch()
    for tick in range(60 * 60):
        watch.look(body(0.3 if tick % 60 < 30 else 0.0), HANGS, 0.0)
        assert watch.gap is None
    for _ in range(10 * PATIENCE):
        watch.look(body(0.3), STANDS, 0.0)
    assert watch.gap is not None
    watch.look(body(0.0), STANDS, 0.0)
    assert watch.gap is None
