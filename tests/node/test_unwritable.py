# SPDX-License-Identifier: Apache-2.0
"""A node whose home cannot be written, or whose disk is full, tracks on and says what it lacks."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from std_srvs.srv import Trigger

from kinest_ros.node.main import main
from tests.calibration.people import Person
from tests.node.live import QUEUE, Client, NodeProcess, fed, stamp_of, wait_for
from tests.node.performances import START_NS

pytestmark = pytest.mark.ros

SECOND = 1_000_000_000
PERSON = Person(stature=1.8, arm_span=1.8, position=(0.1, 0.1), heading=10.0)
#: Not even root can make a folder in it.
UNWRITABLE = Path("/proc")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system without a free byte."""
    folder = tmp_path / "full"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True
    )
    if done.returncode:
        pytest.skip("a full disk needs the right to mount one")
    try:
        with pytest.raises(OSError, match="No space left"), (folder / "fill").open("wb", 0) as file:
            while file.write(bytes(4096)):
                pass
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture(params=["unwritable", "full"])
def home(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of what is started here; not of the test, which is a node of its own."""
    full = request.param == "full"
    folder: Path = request.getfixturevalue("full_disk") if full else UNWRITABLE
    for name in ("ROS_LOG_DIR", "ROS_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    return folder


def held(client: Client, seconds: float) -> bool:
    return bool(client.bodies) and stamp_of(client.bodies[-1]) > START_NS + seconds * SECOND


def test_bodies_come_and_what_cannot_be_kept_is_said(
    ros_domain: int, client: Client, home: Path
) -> None:
    before = {path.name for path in home.iterdir()} if home != UNWRITABLE else set()
    with NodeProcess(
        "autostart:=true", "calibration:=anna", "device:=cpu", "qos_reliability:=reliable",
        f"qos_depth:={QUEUE}", "max_backlog:=0.0", "publish_markers:=false",
    ) as process:  # fmt: skip
        process.wait_for_log("active")
        if home == UNWRITABLE:
            process.wait_for_log(f"note: {home}/.ros/log cannot be written")
        client.wait_matched()
        client.clear()
        with fed(client, PERSON.frames(600.0, start_ns=START_NS)):
            wait_for(lambda: held(client, 2.0), 60.0)
            answer = client.call(Trigger, "/kinest/calibrate", Trigger.Request())
            then = stamp_of(client.bodies[-1])
            wait_for(lambda: stamp_of(client.bodies[-1]) > then + SECOND, 60.0)
        assert answer.success
        assert f"not saved: cannot write the calibration {home}/.config/kinest" in answer.message
        assert "Traceback" not in process.log
    if home != UNWRITABLE:
        assert {path.name for path in home.iterdir()} <= before | {".ros", ".config"}
        assert not list(home.rglob("*anna*"))


def test_a_log_folder_that_is_asked_for_must_be_writable(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROS_LOG_DIR", "/proc/logs")
    assert main(["kinest_node", "--ros-args"]) == 2
    assert "ROS_LOG_DIR is /proc/logs, which cannot be written" in capfd.readouterr().err
    assert os.environ["ROS_LOG_DIR"] == "/proc/logs"
