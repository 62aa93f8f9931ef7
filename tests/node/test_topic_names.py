# SPDX-License-Identifier: Apache-2.0
"""Names of topics that cannot be are refused in a line that names the parameter or option."""

import pytest

from kinest_ros.errors import KinestError
from kinest_ros.node.parameters.checks import check_value
from kinest_ros.node.parameters.table import BY_NAME
from kinest_ros.node.retarget.parameters import PARAMETERS, RetargetParameters
from kinest_ros.node.topic_names import check_topic

GOOD = ("a", "/a", "~/a", "/robot1/arm_2/joint_states", "_x/y_", "{node}/a")
BAD = ("", "/", "a/", "a//b", "a-b", "a b", "1a", "/a/2b", "/a:=b", "~a", "~", "ä")


@pytest.mark.parametrize("name", GOOD)
def test_ros_takes_what_we_take(name: str) -> None:
    rclpy = pytest.importorskip("rclpy.validate_topic_name", reason="needs ROS 2")
    assert rclpy.validate_topic_name(name)


@pytest.mark.parametrize("name", GOOD)
def test_what_can_be_is_returned(name: str) -> None:
    assert check_topic(name, "--prefix") == name


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(KinestError, match=r"--prefix is .*letters, digits"):
        check_topic(name, "--prefix")


def test_parameters_that_are_topics_are_checked() -> None:
    with pytest.raises(KinestError, match=r"parameter .anna\.web_deadman_topic. is .a-b."):
        check_value(BY_NAME["web_deadman_topic"], "a-b", "anna.web_deadman_topic")
    check_value(BY_NAME["web_deadman_topic"], "")
    defaults = {spec.name: spec.default for spec in PARAMETERS}
    topics = [name for name in defaults if name.endswith("_topic")]
    assert len(topics) == 3
    for name in topics:
        with pytest.raises(KinestError, match=rf"parameter '{name}' is 'a-b'"):
            RetargetParameters.chosen({**defaults, name: "a-b"})


@pytest.mark.ros
@pytest.mark.parametrize(
    "arguments",
    [
        ("web", "--prefix", "a b"),
        ("web", "--deadman", "a-b"),
        ("calibrate", "--live", "--countdown", "0", "--service", "a-b"),
    ],
)
def test_options_that_are_names_are_checked(arguments, kinest, ros_domain) -> None:
    pytest.importorskip("aiohttp", reason="needs the extra web")
    status, _, errors = kinest(*arguments)
    assert status == 2
    assert errors.startswith("error: ") and len(errors.splitlines()) == 1
    assert "letters, digits" in errors
