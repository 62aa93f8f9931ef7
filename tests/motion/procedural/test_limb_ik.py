# SPDX-License-Identifier: Apache-2.0
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.body.rotations_numpy import apply
from kinest_ros.motion.procedural.limb_ik import solve_limb

THIGH, SHIN = np.array([0.01, 0.0, -0.4]), np.array([0.0, 0.02, -0.42])
FORWARD = np.array([1.0, 0.0, 0.0])


def solve(target, pole=FORWARD):
    return solve_limb(np.zeros((1, 3)), np.array([target]), np.array([pole]), THIGH, SHIN, FORWARD)


@given(
    direction=st.tuples(*[st.floats(-1, 1)] * 3).filter(
        lambda d: np.linalg.norm(d) > 0.1 and abs(d[0]) < 0.9 * np.linalg.norm(d)
    ),
    reach=st.floats(0.25, 0.99),
)
def test_reaches_with_unchanged_bones_and_bends_towards_the_pole(direction, reach):
    length = np.linalg.norm(THIGH) + np.linalg.norm(SHIN)
    target = np.array(direction) / np.linalg.norm(direction) * reach * length
    limb = solve(target)
    np.testing.assert_allclose(limb.end[0], target, atol=1e-9)
    # The rotations carry the rest bones onto the solved ones.
    np.testing.assert_allclose(apply(limb.world_from_upper, THIGH)[0], limb.middle[0], atol=1e-9)
    np.testing.assert_allclose(
        apply(limb.world_from_lower, SHIN)[0], limb.end[0] - limb.middle[0], atol=1e-9
    )
    for turn in (limb.world_from_upper, limb.world_from_lower):
        np.testing.assert_allclose(turn[0] @ turn[0].T, np.eye(3), atol=1e-9)
        assert np.linalg.det(turn[0]) > 0.0
    aside = limb.middle[0] - np.dot(limb.middle[0], target) * target / np.dot(target, target)
    assert aside @ FORWARD > -1e-9


def test_out_of_reach_is_met_in_direction_only():
    limb = solve([0.0, 0.0, -5.0])
    assert limb.end[0, 2] > -0.83
    assert abs(limb.end[0, 0]) < 1e-9
