# SPDX-License-Identifier: Apache-2.0
"""What the launch file starts for which arguments, and what it does when something ends.

A recording stand-in runs the launch file's own code; test_launch_live.py has the real launch.
"""

from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tests.node.launching import ROOT, Context, Made, load, run, stand_in


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    stand_in(monkeypatch)
    return load()


def test_defaults_start_one_node_that_gets_active(launched: ModuleType) -> None:
    made = run(launched)
    assert list(made.nodes()) == ["kinest_node"]
    given = made.kinest.given
    assert (given["package"], given["name"]) == ("kinest_ros", "kinest")
    # It brings itself up, once: nothing here asks for a transition, then or later.
    assert given["parameters"] == [launched.PARAMS_FILE, {"autostart": True}]
    assert given["remappings"] == []
    assert {action.kind for action in made.actions} == {"RegisterEventHandler", "Node"}


def test_arguments_reach_the_node(launched: ModuleType, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.touch()
    made = run(
        launched,
        stature="1.82",
        input_basis="openxr",
        use_sim_time="true",
        left_hand_topic="/quest/left",
        right_hand_source="glove",
        trackers="head,right_hand",
        params_file=str(mine),
        namespace="lab",
        rviz="true",
    )
    given = made.kinest.given
    assert given["parameters"] == [
        launched.PARAMS_FILE,
        str(mine),
        {
            "input_basis": "openxr",
            "trackers": ["head", "right_hand"],
            "source.right_hand": "glove",
            "stature": 1.82,
            "use_sim_time": True,
            "autostart": True,
        },
    ]
    assert given["remappings"] == [("~/left_hand/pose", "/quest/left")]
    assert given["namespace"] == "lab"
    shown = made.nodes()["rviz2"].given
    assert (shown["package"], shown["arguments"]) == ("rviz2", ["-d", launched.RVIZ_FILE])
    moved = [(topic, f"/lab{topic}") for topic in launched.SHOWN]
    assert shown["remappings"] == moved


def test_routes_come_before_what_is_given(launched: ModuleType, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.touch()
    made = run(launched, route="mocap", params_file=str(mine), input="rigid_bodies")
    assert made.kinest.given["parameters"] == [
        launched.PARAMS_FILE,
        str(ROOT / "config" / "mocap.yaml"),
        str(mine),
        {"input": "rigid_bodies", "autostart": True},
    ]
    assert made.kinest.given["remappings"] == [("~/poses", "/poses")]
    made = run(launched, route="mocap", poses_topic="/hall/poses")
    assert made.kinest.given["remappings"] == [("~/poses", "/hall/poses")]
    with pytest.raises(ValueError, match="use one of openxr, vive_tf, mocap, bag"):
        run(launched, route="quest")


@pytest.mark.parametrize(
    ("name", "text", "fix"),
    [
        ("rviz", "yes", "give true or false"),
        ("foxglove", "1", "give true or false"),
        ("foot_lock", "on", "give true or false"),
        ("stature", "1,80", "give a number, such as"),
        ("qos_depth", "5.0", "give a whole number, such as"),
        ("params_file", "/nope.yaml", "there is no such file"),
        ("bag", "/nope", "there is no such file"),
    ],
)
def test_wrong_values_name_the_argument(
    launched: ModuleType, name: str, text: str, fix: str
) -> None:
    """And nothing is started: ROS 2 itself only warns of a parameter file that is not there."""
    with pytest.raises(ValueError, match=f"launch argument {name}:={text}: {fix}"):
        run(launched, **{name: text})


def test_files_of_the_home_folder_are_found(
    launched: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No shell expands the ~ of an argument such as params_file:=~/mine.yaml."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.yaml").touch()
    made = run(launched, params_file="~/mine.yaml")
    assert made.kinest.given["parameters"][1] == str(tmp_path / "mine.yaml")


def test_viewers_follow_the_world_frame(launched: ModuleType) -> None:
    started = run(launched, rviz="true", foxglove="true", world_frame="room").nodes()
    assert started["rviz2"].given["arguments"][-2:] == ["-f", "room"]
    assert started["rviz2"].given["remappings"] == []
    assert started["foxglove_bridge"].given["package"] == "foxglove_bridge"


@pytest.mark.parametrize(
    ("given", "simulated"),
    [({}, False), ({"route": "bag"}, True), ({"route": "bag", "use_sim_time": "false"}, False)],
)
def test_viewers_are_on_the_nodes_clock(
    launched: ModuleType, given: dict[str, str], simulated: bool
) -> None:
    started = run(launched, rviz="true", foxglove="true", **given).nodes()
    for executable in ("rviz2", "foxglove_bridge"):
        assert started[executable].given["parameters"] == [{"use_sim_time": simulated}]


def end(handler: Made, code: int, ending: bool = False) -> Made | None:
    """Tell a handler that its process has ended."""
    event, context = SimpleNamespace(returncode=code), Context({}, is_shutdown=ending)
    return handler.given["on_exit"](event, context)


def test_the_launch_ends_with_the_node(launched: ModuleType) -> None:
    made = run(launched, rviz="true")
    (watch,) = made.handlers("OnProcessExit")
    assert watch.given["target_action"] is made.kinest
    with pytest.raises(RuntimeError, match="kinest_node ended with exit code 2"):
        end(watch, 2)
    with pytest.raises(RuntimeError, match="kinest_node was ended by signal 9"):
        end(watch, -9)
    event = end(watch, 0)
    assert event is not None and event.kind == "EmitEvent"
    assert event.given["event"].kind == "Shutdown"
    # After Ctrl-C nothing is an error.
    assert end(watch, -2, ending=True) is None
    # Launch asks the newest handler first, and those of the node show the rest of its output.
    assert made.actions.index(made.kinest) == len(made.actions) - 1


def bag(tmp_path: Path) -> str:
    (tmp_path / "bag").mkdir()
    return str(tmp_path / "bag")


def test_bag_is_played_once_when_the_node_is_active(launched: ModuleType, tmp_path: Path) -> None:
    made = run(launched, route="bag", bag=bag(tmp_path))
    (listen,) = made.handlers("OnProcessIO")
    assert listen.given["target_action"] is made.kinest

    def say(text: bytes) -> list[Made] | None:
        return listen.given["on_stderr"](SimpleNamespace(text=text))

    assert say(b"[INFO] [1.2] [kinest]: configured\n[INFO] [1.3] [kin") is None
    assert say(b"est]: act") is None
    (play,) = say(b"ive\n") or []
    assert play.given["cmd"] == ["ros2", "bag", "play", str(tmp_path / "bag"), "--clock"]
    assert say(b"[INFO] [9.9] [kinest]: active\n") is None  # once more, by the operator


@pytest.mark.parametrize(
    ("text", "active"),
    [
        (b"[INFO] [1795763542.5] [kinest]: active\n", True),
        (b"\x1b[0m[INFO] [1795763542.5] [lab.kinest]: active\x1b[0m\r\n", True),
        (b"active\n", True),
        (b"[WARN] [1.5] [kinest]: inactive\n", False),
        (b"[INFO] [1.5] [kinest]: active since today\n", False),
    ],
)
def test_the_line_of_an_active_node_is_known(
    launched: ModuleType, tmp_path: Path, text: bytes, active: bool
) -> None:
    (listen,) = run(launched, bag=bag(tmp_path)).handlers("OnProcessIO")
    assert (listen.given["on_stdout"](SimpleNamespace(text=text)) is not None) is active


def test_a_bag_that_cannot_be_played_ends_the_launch(launched: ModuleType, tmp_path: Path) -> None:
    made = run(launched, bag=bag(tmp_path))
    (play,) = made.handlers("OnProcessIO")[0].given["on_stderr"](SimpleNamespace(text=b"active\n"))
    watch = next(
        handler
        for handler in made.handlers("OnProcessExit")
        if handler.given["target_action"] is play
    )
    with pytest.raises(RuntimeError, match="ros2 bag play ended with exit code 1"):
        end(watch, 1)
    assert end(watch, 0) is None  # the body stays to be looked at
    assert end(watch, -2, ending=True) is None
