# SPDX-License-Identifier: Apache-2.0
"""Arguments of the executables that are not ROS's: the help, and what nobody would read."""

import re
from pathlib import Path

import pytest

from kinest_ros.errors import KinestError
from kinest_ros.node.own_arguments import asks_for_help, own_arguments, refuse_unknown

ROOT = Path(__file__).parents[2]


def test_ros_takes_what_lies_between_its_marks() -> None:
    words = ["a", "--ros-args", "-p", "x:=1", "--", "b", "--ros-args", "-r", "--help:=c"]
    assert own_arguments(words) == ["a", "b"]
    assert not asks_for_help(words)
    assert asks_for_help(["--ros-args", "-p", "x:=1", "--", "-h"])


@pytest.mark.parametrize(
    "words", [["-p", "autostart:=true"], ["route:=openxr"], ["--retarget", "f", "ns", "more"]]
)
def test_what_nobody_reads_is_refused(words: list[str]) -> None:
    with pytest.raises(KinestError, match="--ros-args -p autostart:=true"):
        refuse_unknown("kinest_node", words, "--retarget")


@pytest.mark.parametrize("words", [[], ["--retarget", "f"], ["--retarget", "f", "ns"]])
def test_what_is_read_is_not(words: list[str]) -> None:
    refuse_unknown("kinest_node", [*words, "--ros-args", "-p", "x:=1"], "--retarget")


@pytest.mark.parametrize(
    ("module", "program"),
    [("kinest_ros.node.main", "kinest_node"), ("kinest_ros.node.retarget.main", "kinest_retarget")],
)
def test_executables_show_their_help_and_refuse(module, program, capsys) -> None:
    import importlib

    main = importlib.import_module(module).main
    assert main([program, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"{program} --ros-args -p autostart:=true" in text
    assert all((ROOT / name).is_file() for name in re.findall(r"config/\S+\.yaml", text))
    assert main([program, "-p", "autostart:=true"]) == 2
    assert f"error: {program} does not take '-p'" in capsys.readouterr().err
