# SPDX-License-Identifier: Apache-2.0
"""Arms that grew while the node ran are in the calibration's file, and in the next session."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from lifecycle_msgs.msg import Transition

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.body_size import Value
from kinest_ros.calibration.calibration import Calibration
from kinest_ros.calibration.mounts import MountEstimate
from kinest_ros.calibration.storage import load_calibration, save_calibration
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.node.live import QUEUE, Client, NodeProcess
from tests.node.managing import change
from tests.node.performances import START_NS
from tests.node.readings import positions

pytestmark = pytest.mark.ros

STILL = MountEstimate(Mount(), (0.0,) * 3, (0.0,) * 3, 0.0, 0.0)
SHORT = Calibration(
    pose="T",
    stature=Value(1.75, 0.01),
    arm_span=Value(1.62, 0.01),
    floor_height=Value(0.0, 0.0),
    mounts=dict.fromkeys(("head", "left_hand", "right_hand"), STILL),
)


def arms_out(seconds: float, start_ns: int):
    """Somebody with longer arms than those stands with the arms out, and sways a little."""
    head = Skeleton.from_stature(1.75).head_height
    for tick in range(round(60 * seconds)):
        sway = 0.01 * np.sin(0.1 * tick)
        poses = {"head": TrackerPose((sway, 0.0, head), (0.0, 0.0, 0.0, 1.0))}
        for side, sign in (("left", 1.0), ("right", -1.0)):
            at = (sway, sign * 0.66, head - 0.13)
            poses[f"{side}_hand"] = TrackerPose(at, (0.0, 0.0, 0.0, 1.0))
        yield TrackerFrame(start_ns + round(tick * 1e9 / 60), poses)


def wrist_bone(client: Client) -> float:
    """Length of the left forearm in the newest body, m."""
    joints = positions(client.bodies[-1])
    forearm = joints[JOINT_INDEX["left_wrist"]] - joints[JOINT_INDEX["left_elbow"]]
    return float(np.linalg.norm(forearm))


@pytest.mark.parametrize("ended", ["deactivated", "stopped by Ctrl-C"])
def test_arms_that_grew_are_remembered(
    ros_domain: int, tmp_path: Path, client: Client, ended: str
) -> None:
    file = tmp_path / "me.yaml"
    save_calibration(SHORT, file)
    short = SHORT.skeleton.rest_offsets[JOINT_INDEX["left_wrist"], 0]
    arguments = (
        "autostart:=true",
        f"calibration:={file}",
        "device:=cpu",
        "qos_reliability:=reliable",
        f"qos_depth:={QUEUE}",
        "max_backlog:=0.0",
        "publish_markers:=false",
    )
    with NodeProcess(*arguments) as process:
        process.wait_for_log("active")
        client.wait_matched()
        client.feed(list(arms_out(5.0, START_NS)))
        grown = wrist_bone(client)
        assert 1.02 * short < grown < 1.11 * short
        if ended == "deactivated":
            assert change(client, Transition.TRANSITION_DEACTIVATE)
        else:
            assert process.stop() == 0
        process.wait_for_log("longer than calibrated")
    written = load_calibration(file)
    assert written.arm_growth == pytest.approx(grown / short, abs=1e-3)
    assert replace(written, arm_growth=1.0) == SHORT
    client.clear()
    with NodeProcess(*arguments) as process:
        process.wait_for_log("active")
        client.wait_matched()
        client.feed(list(arms_out(0.5, START_NS + 60_000_000_000)))
        assert wrist_bone(client) == pytest.approx(grown, abs=0.002)
