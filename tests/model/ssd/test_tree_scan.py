# SPDX-License-Identifier: Apache-2.0
"""The tree scan: decays are products along paths, branches do not meet, joints keep their state."""

import pytest
import torch

from kinest_ros.body.joints import JOINT_INDEX, NUM_JOINTS, PARENTS
from kinest_ros.model.scan_order import KINEMATIC_ORDER
from kinest_ros.model.ssd.tree_scan import TreeScan, list_parents, paths


def _layer(parents=PARENTS):
    torch.manual_seed(0)
    return TreeScan(16, d_state=4, headdim=8, parents=parents)


def _path_up(joint, parents):
    """Return the joint and those above it, nearest first."""
    found = []
    while joint >= 0:
        found.append(joint)
        joint = parents[joint]
    return found


@pytest.mark.parametrize("parents", [PARENTS, list_parents()], ids=["tree", "list"])
@torch.inference_mode()
def test_what_comes_from_other_joints_is_the_sum_over_paths(parents):
    layer = _layer(parents)
    _, values, (_, _, *tree), dt, (_, decay) = layer._project(torch.randn(1, NUM_JOINTS, 16))
    inputs = values * dt.unsqueeze(-1)
    b, c, b_up, c_up = (x[0] for x in tree)
    expected = torch.zeros_like(inputs[0])
    for low in range(NUM_JOINTS):
        passed = torch.zeros(layer.heads)
        for joint in _path_up(low, parents)[:-1]:
            passed = passed + decay[0, joint]
            high = parents[joint]
            factor = passed.exp().unsqueeze(-1)
            expected[low] += factor * (c[low] @ b[high]) * inputs[0, high]
            expected[high] += factor * (c_up[high] @ b_up[low]) * inputs[0, low]
    actual = layer._between(inputs, decay, *tree)[0]
    assert actual.abs().max() > 1e-3
    torch.testing.assert_close(actual, expected, atol=1e-6, rtol=1e-4)


def test_a_list_is_a_tree_with_one_child_each():
    parents = list_parents()
    assert parents[KINEMATIC_ORDER[0]] == -1
    assert _path_up(KINEMATIC_ORDER[-1], parents) == list(reversed(KINEMATIC_ORDER))
    assert paths(parents).sum() == NUM_JOINTS * (NUM_JOINTS + 1) / 2
    assert paths(PARENTS)[JOINT_INDEX["left_knee"]].nonzero().flatten().tolist() == [0, 1, 4]


@torch.inference_mode()
def test_who_is_told_of_a_change():
    """In a frame: joints above and below in the tree, all of the list, or nobody else."""
    knee = JOINT_INDEX["left_knee"]
    line = {JOINT_INDEX[name] for name in ("pelvis", "left_hip", "left_ankle", "left_foot")}
    for parents, told in ((PARENTS, line | {knee}), (list_parents(), set(range(NUM_JOINTS))),
                          (None, {knee})):  # fmt: skip
        layer = _layer(parents)
        tokens = torch.randn(1, 1, NUM_JOINTS, 16)
        before, _ = layer(tokens, layer.initial_state(1))
        tokens[:, :, knee] += 1.0
        after, _ = layer(tokens, layer.initial_state(1))
        changed = (after - before).abs().amax(-1)[0, 0] > 1e-7
        assert set(changed.nonzero().flatten().tolist()) == told


@torch.inference_mode()
def test_in_time_a_joint_remembers_itself_alone():
    layer, knee = _layer(), JOINT_INDEX["left_knee"]
    tokens = torch.randn(1, 3, NUM_JOINTS, 16)
    before, _ = layer(tokens, layer.initial_state(1))
    tokens[:, 0, knee] += 1.0
    after, _ = layer(tokens, layer.initial_state(1))
    changed = (after - before).abs().amax(-1)[0, 1:] > 1e-8
    assert changed.nonzero()[:, 1].unique().tolist() == [knee]


@torch.inference_mode()
def test_steps_and_pieces_give_what_the_whole_gives():
    layer = _layer()
    tokens = torch.randn(2, 150, NUM_JOINTS, 16)
    whole, last = layer(tokens, layer.initial_state(2))
    state, pieces = layer.initial_state(2), []
    for part in tokens.split((1, 70, 64, 15), dim=1):
        made, state = layer(part, state)
        pieces.append(made)
    torch.testing.assert_close(torch.cat(pieces, 1), whole, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(state.ssm, last.ssm, atol=1e-5, rtol=1e-4)
    state = layer.initial_state(2)
    for t in range(150):
        made, state = layer.step(tokens[:, t], state)
        torch.testing.assert_close(made, whole[:, t], atol=1e-5, rtol=1e-4)


def test_gradients_stay_finite_where_decays_are_strong():
    layer = _layer()
    with torch.no_grad():
        layer.A_log.fill_(6.0)
    tokens = torch.randn(1, 70, NUM_JOINTS, 16, requires_grad=True)
    made, _ = layer(tokens, layer.initial_state(1))
    made.square().sum().backward()
    assert torch.isfinite(tokens.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in layer.parameters())
