# SPDX-License-Identifier: Apache-2.0
"""`kinest up`: one command brings up node, page and view; one Ctrl-C takes all down."""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")
pytest.importorskip("aiohttp", reason="needs the extra web")
pytest.importorskip("viser", reason="needs the extra view")

from kinest_ros.cli import up
from kinest_ros.cli.main import main
from tests.web.addresses import last_url
from tests.web.pages import Page
from tests.web.ports import free_port

pytestmark = pytest.mark.ros


def wait_for(process: subprocess.Popen, log: Path, *texts: str, timeout: float = 180.0) -> str:
    end = time.monotonic() + timeout
    while not all(text in log.read_text() for text in texts):
        assert process.poll() is None and time.monotonic() < end, log.read_text()
        time.sleep(0.1)
    return log.read_text()


def children_of(process: subprocess.Popen) -> list[int]:
    listing = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(pid) for pid in listing.split()]


def test_all_comes_up_works_and_goes_down(tmp_path: Path):
    import aiohttp

    web, view, log = free_port(), free_port(), tmp_path / "log"
    environment = {
        **os.environ,
        "XDG_CONFIG_HOME": str(tmp_path),
        "ROS_DOMAIN_ID": str(10 + os.getpid() % 90),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
    }
    command = [sys.executable, "-m", "kinest_ros.cli.main", "up", "--port", str(web)]
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command, "--view-port", str(view), "--stature", "1.7"],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    try:
        text = wait_for(process, log, "/#", "]: active", "open http://")
        children = children_of(process)
        assert len(children) == 2
        with urllib.request.urlopen(f"http://127.0.0.1:{view}", timeout=20.0) as answer:
            assert answer.status == 200

        async def walk() -> None:
            base, _, token = last_url(text).partition("/#")
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(cookie_jar=jar) as client:
                page = Page(client, base)
                await page.come_in(token)
                await page.connect()
                await page.begin()
                for step in range(120):
                    await page.pose(positions={"head": (0.0, 1.6 + 1e-4 * (step % 7), 0.0)})
                    await asyncio.sleep(1 / 72)
                assert len((await page.hear("BODY"))["positions"]) == 66

        asyncio.run(walk())
        process.send_signal(signal.SIGINT)
        assert process.wait(30.0) == 0, log.read_text()
        assert not any(Path(f"/proc/{child}").exists() for child in children)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(30.0)
    text = log.read_text()
    assert "[node] " in text and "[view] " in text and "Traceback" not in text


def test_one_that_ends_ends_all_and_says_so(kinest):
    status, out, err = kinest("up", "--no-view", "--param", "stature:=99.0")
    assert status == 2
    assert "the node ended" in err and "stature" in out


def test_a_parameter_must_be_one(kinest):
    assert "NAME:=VALUE" in kinest("up", "--param", "rep155")[2]


def test_help_lists_it_first(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert out.index(" up ") < out.index(" demo ")


def test_a_calibration_may_be_named_by_a_number():
    """What rcl makes of it, which reads YAML."""
    import rclpy

    parser = argparse.ArgumentParser()
    up.add_arguments(parser)
    for name in ("007", "yes", "anna", "zoë"):
        arguments = up.node_arguments(parser.parse_args(["--calibration", name]))
        rclpy.init(args=["--ros-args", *arguments])
        node = rclpy.create_node("kinest")
        try:
            assert node._parameter_overrides["calibration"].value == name
        finally:
            node.destroy_node()
            rclpy.shutdown()
