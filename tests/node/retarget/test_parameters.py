# SPDX-License-Identifier: Apache-2.0
"""The table of the retargeting node's parameters, and the file that is shipped with it."""

from pathlib import Path

import pytest
import yaml

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.errors import KinestError
from kinest_ros.node.retarget.parameters import PARAMETERS, RetargetParameters, check_names

ROOT = Path(__file__).resolve().parents[3]
DEFAULTS = {spec.name: spec.default for spec in PARAMETERS}


def test_the_file_holds_every_parameter_with_its_default():
    content = yaml.safe_load((ROOT / "config" / "retarget.yaml").read_text())
    given = content["/**"]["ros__parameters"]
    assert {**given, "autostart": False} == DEFAULTS


def test_defaults_are_those_of_the_solver_and_the_output():
    chosen = RetargetParameters.chosen(DEFAULTS)
    assert chosen.settings == type(chosen.settings)()
    assert chosen.live == type(chosen.live)()
    assert chosen.controllers == {"~/joint_trajectory": ("*",)}


def test_groups_of_controllers():
    values = {**DEFAULTS, "controllers": ["/left_arm/joint_trajectory: a, b", "/all: *"]}
    assert RetargetParameters.chosen(values).controllers == {
        "/left_arm/joint_trajectory": ("a", "b"),
        "/all": ("*",),
    }


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("rate", 1.0, "must lie in"),
        ("arms", "both", "none of"),
        ("controllers", ["a b"], "joint, joint"),
        ("zmq_version", 2, "1 or 3"),
    ],
)
def test_what_cannot_be_is_refused(name, value, reason):
    with pytest.raises(KinestError, match=reason):
        RetargetParameters.chosen({**DEFAULTS, name: value})


def test_unknown_names_are_refused():
    with pytest.raises(KinestError, match="did you mean 'max_velocity'"):
        check_names(["max_velocty"])
