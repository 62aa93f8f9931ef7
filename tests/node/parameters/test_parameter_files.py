# SPDX-License-Identifier: Apache-2.0
"""A parameter file of another node is no secret."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from rclpy.node import Node

from kinest_ros.node.parameters.parameter_files import warn_of_unheard_files

pytestmark = pytest.mark.ros
Heard = Callable[[str, str], tuple[bool, list[str]]]


@pytest.fixture
def heard(ros_domain: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """Whether ROS gives a node the parameters of a file, and what is warned of it."""

    def ask(text: str, namespace: str) -> tuple[bool, list[str]]:
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        arguments = ["--ros-args", "--params-file", str(path)]
        rclpy.init(args=arguments, domain_id=ros_domain)
        node = Node("kinest", namespace=namespace)
        warnings: list[str] = []
        logger = node.get_logger()
        monkeypatch.setattr(logger, "warning", warnings.append)
        monkeypatch.setattr(node, "get_logger", lambda: logger)
        try:
            warn_of_unheard_files(node, arguments)
            return bool(node._parameter_overrides), warnings
        finally:
            node.destroy_node()
            rclpy.shutdown()

    yield ask


@pytest.mark.parametrize("namespace", ["/", "/lab"])
@pytest.mark.parametrize(
    "key",
    ["kinest", "/kinest", "lab/kinest", "/lab/kinest", "/**", "/*", "/*/kinest", "/**/kinest",
     '"*"', "my_tracker", "lab:\n  kinest"],
)  # fmt: skip
def test_as_ros_does(heard: Heard, key: str, namespace: str) -> None:
    indent = "    " if "\n" in key else "  "
    reached, warnings = heard(
        f"{key}:\n{indent}ros__parameters:\n{indent}  stature: 1.8\n", namespace
    )
    assert bool(warnings) is not reached
    if key == "my_tracker":
        (text,) = warnings
        assert "is for /my_tracker" in text and f"{namespace}/kinest:".strip("/") in text


def test_an_empty_file(heard: Heard) -> None:
    reached, (text,) = heard("", "/")
    assert not reached and "holds no parameters" in text
