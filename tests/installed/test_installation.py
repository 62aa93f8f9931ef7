# SPDX-License-Identifier: Apache-2.0
"""Does the installation work? Messages, files, commands, and a live node; needs pytest alone.

`colcon test` runs this against what colcon has installed, `make test` against the checkout.
"""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
#: Where colcon runs us: the folder it installs to.
PREFIX = os.environ.get("KINEST_INSTALLED_TO")
pytestmark = pytest.mark.ros


@pytest.fixture(scope="module", autouse=True)
def private_domain():
    """A domain of our own, unless the run has given us one; this machine only."""
    with pytest.MonkeyPatch.context() as patch:
        if PREFIX:
            patch.setenv("ROS_DOMAIN_ID", str(10 + os.getpid() % 90))
        patch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
        yield


def test_the_code_is_the_installed_one() -> None:
    import kinest_ros
    from kinest_ros.msg import FullBodyState

    if PREFIX:
        assert Path(kinest_ros.__file__).is_relative_to(PREFIX)
    assert len(FullBodyState().positions) == 22


def test_commands() -> None:
    if not PREFIX:
        pytest.skip("only where colcon has installed them")
    for folder in ("bin", "lib/kinest_ros"):
        for name in ("kinest", "kinest_node"):
            assert shutil.which(name, path=str(Path(PREFIX, folder))), f"no {name} in {folder}"
    command = [str(Path(PREFIX, "bin", "kinest")), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.startswith("kinest "), done.stderr


def test_shared_files() -> None:
    if not PREFIX:
        pytest.skip("only where colcon has installed them")
    share = Path(PREFIX, "share", "kinest_ros")
    for name in ("launch/kinest.launch.py", "config/kinest.yaml", "rviz", "package.xml"):
        assert (share / name).exists(), name
    # Imports what it needs of ours; launch itself is imported later, by its functions.
    launched = runpy.run_path(str(share / "launch/kinest.launch.py"))
    assert callable(launched["generate_launch_description"])


def test_a_node_gives_bodies(tmp_path: Path) -> None:
    import rclpy
    from geometry_msgs.msg import PoseStamped

    from kinest_ros.msg import FullBodyState

    log = tmp_path / "node.log"
    command = [sys.executable, "-m", "kinest_ros.node.main"]
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command, "--ros-args", "-p", "autostart:=true"], stdout=file, stderr=file
        )
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=int(os.environ["ROS_DOMAIN_ID"]))
    node = rclpy.create_node("installed", context=context)
    bodies: list[FullBodyState] = []
    node.create_subscription(FullBodyState, "/kinest/body", bodies.append, 10)
    places = {"head": (0.0, 0.0, 1.6), "left_hand": (0.3, 0.3, 1.1), "right_hand": (0.3, -0.3, 1.1)}
    publishers = {
        slot: node.create_publisher(PoseStamped, f"/kinest/{slot}/pose", 10) for slot in places
    }
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        end = time.monotonic() + 180.0
        while not bodies:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            for slot, (x, y, z) in places.items():
                pose = PoseStamped()
                pose.header.frame_id = "world"
                pose.header.stamp = node.get_clock().now().to_msg()
                pose.pose.position.x, pose.pose.position.y = x, y
                pose.pose.position.z = z + 0.001 * (time.monotonic() % 1.0)
                publishers[slot].publish(pose)
            executor.spin_once(timeout_sec=0.014)
        head = bodies[-1].positions[15]
        assert (head.x, head.y) == pytest.approx((0.0, 0.0), abs=0.01)
    finally:
        process.kill()
        process.wait()
        executor.shutdown()
        node.destroy_node()
        rclpy.shutdown(context=context)
