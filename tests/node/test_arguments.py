# SPDX-License-Identifier: Apache-2.0
"""What ROS itself refuses, before there is a node: one line that names it, and no traceback."""

import re
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from kinest_ros.node.main import main

pytestmark = pytest.mark.ros


def refusal(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["kinest_node", "--ros-args", *arguments]) == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    return lines[0]


def test_a_parameter_file_that_is_not_there(capfd: pytest.CaptureFixture[str]) -> None:
    line = refusal(capfd, "--params-file", "/no/such/nope.yaml")
    assert "/no/such/nope.yaml" in line
    assert "--ros-args" in line


@pytest.mark.parametrize(
    "text",
    ["/**:\n  ros__parameters:\n    stature: {a: [}\n", "a:\n  b: [1,\n c", "stature: 1.8\n"],
    ids=["brackets", "keys", "no ros__parameters"],
)
def test_a_parameter_file_that_cannot_be_read(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    line = refusal(capfd, "--params-file", str(path))
    assert str(path) in line
    assert " line " in line, "where in the file"
    assert ".c:" not in line, "places in the sources of rcl are of no use"


def test_a_list_of_whole_and_decimal_numbers(capfd: pytest.CaptureFixture[str]) -> None:
    assert "[0.0, 0.1, 0.0]" in refusal(capfd, "-p", "mount.head.xyz:=[0, 0.1, 0]")


@pytest.mark.parametrize("arguments", [("-p", "stature"), ("-r", "nonsense"), ("--nope",)])
def test_arguments_that_cannot_be_read(
    capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert " ".join(arguments) in refusal(capfd, *arguments)


def test_a_domain_that_is_no_number(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", "lab")
    assert "ROS_DOMAIN_ID" in refusal(capfd)


@pytest.mark.parametrize("home", ["", None])
def test_no_home_as_in_a_service(
    home: str | None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("HOME", "ROS_HOME", "ROS_LOG_DIR"):
        monkeypatch.delenv(name, raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("ROS_HOME", "")  # so that what is set there is undone
    # It came as far as its parameters.
    assert "'stature'" in refusal(capfd, "-p", "stature:=99.0")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_starts_no_node_and_its_examples_name_files_that_are_there(option, capsys):
    assert main(["kinest_node", option]) == 0
    text = capsys.readouterr().out
    files = re.findall(r"config/\S+\.yaml", text)
    assert files and all((Path(__file__).parents[2] / name).is_file() for name in files)
