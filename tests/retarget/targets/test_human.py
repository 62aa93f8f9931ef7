# SPDX-License-Identifier: Apache-2.0
"""A body that is none is known as such, and its lengths are those between its joints."""

import numpy as np
import pytest

from kinest_ros.retarget.targets.human import ENDS, HINGES, ROOTS, Build, Human
from tests.retarget.robots import performed


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("field", ["positions", "rotations", "contacts"])
def test_what_is_not_finite_is_noticed(field, value):
    human = performed("standing", 0.2).human(3)
    parts = {name: getattr(human, name).copy() for name in ("positions", "rotations", "contacts")}
    assert Human(**parts).finite
    parts[field].reshape(-1)[-1] = value
    assert not Human(**parts).finite


@pytest.mark.parametrize("scale", [0.9, 1.1, 0.0, 1e200])
def test_matrices_that_turn_nothing_are_noticed(scale):
    human = performed("standing", 0.2).human(3)
    rotations = human.rotations.copy()
    rotations[7] *= scale
    assert not Human(human.positions, rotations, human.contacts).finite


def test_lengths_are_between_joints():
    human = performed("walking", 0.5).human(20)
    build, places = Build.of(human), human.positions
    for index in range(4):
        root, hinge, end = (places[joints[index]] for joints in (ROOTS, HINGES, ENDS))
        assert build.upper[index] == pytest.approx(np.linalg.norm(hinge - root))
        assert build.lower[index] == pytest.approx(np.linalg.norm(end - hinge))
    assert build.hip_width == pytest.approx(np.linalg.norm(places[ROOTS[0]] - places[ROOTS[1]]))
    assert build.leg == pytest.approx((build.upper + build.lower)[:2].mean())
    assert build.arm == pytest.approx((build.upper + build.lower)[2:].mean())
    assert 0.03 < build.ankle_height < 0.15
