# SPDX-License-Identifier: Apache-2.0
"""Joints that follow joints that follow others are led by the first, with the same ratio."""

import mujoco
import pytest

from kinest_ros.retarget.robot.couplings import find_couplings

CHAIN = """
<mujoco><worldbody><body><joint name="a" type="hinge"/><geom size="0.1"/>
<body><joint name="b" type="hinge" ref="0.3"/><geom size="0.1"/>
<body><joint name="c" type="hinge"/><geom size="0.1"/></body></body></body></worldbody>
<equality><joint joint1="b" joint2="a" polycoef="0.2 0.5 0 0 0"/>
<joint joint1="c" joint2="b" polycoef="0.1 -2 0 0 0"/>{more}</equality></mujoco>
"""


def test_a_chain_is_led_by_its_first_joint():
    model = mujoco.MjModel.from_xml_string(CHAIN.format(more=""))
    couplings, notes = find_couplings(model)
    a, b, c = (model.joint(name).id for name in "abc")
    assert (couplings[b].leader, couplings[c].leader, notes) == (a, a, [])
    for angle in (0.0, 0.7, -1.2):
        # MuJoCo's own: joints are told from where they stand in qpos0.
        b_is = model.qpos0[b] + 0.2 + 0.5 * (angle - model.qpos0[a])
        c_is = model.qpos0[c] + 0.1 - 2.0 * (b_is - model.qpos0[b])
        assert couplings[b].offset + couplings[b].factor * angle == pytest.approx(b_is)
        assert couplings[c].offset + couplings[c].factor * angle == pytest.approx(c_is)


def test_a_circle_has_no_leader():
    more = '<joint joint1="a" joint2="c" polycoef="0 1 0 0 0"/>'
    couplings, _ = find_couplings(mujoco.MjModel.from_xml_string(CHAIN.format(more=more)))
    assert {coupling.leader for coupling in couplings.values()} == {-1}


def test_what_couples_otherwise_is_noted():
    more = '<joint joint1="a" polycoef="0.4 0 0 0 0"/><connect body1="x" anchor="0 0 0"/>'
    text = CHAIN.format(more=more).replace(
        '<body><joint name="a"', '<body name="x"><joint name="a"'
    )
    model = mujoco.MjModel.from_xml_string(text)
    couplings, notes = find_couplings(model)
    assert couplings[model.joint("a").id].leader == -1
    assert couplings[model.joint("a").id].offset == pytest.approx(0.4)
    assert len(notes) == 1 and "ignored" in notes[0]
