# SPDX-License-Identifier: Apache-2.0
"""The table of the node's parameters.

No ROS import: the launch file, the configuration file and the tests are checked against
:data:`PARAMETERS` without a ROS installation.
"""

from __future__ import annotations

from kinest_ros.body.joints import SLOTS
from kinest_ros.calibration.devices import HAND_DEVICES
from kinest_ros.decoding.hands_in_use import HANDS
from kinest_ros.decoding.options import WebOptions
from kinest_ros.node.inputs.registry import INPUTS
from kinest_ros.node.parameters.spec import ParameterSpec
from kinest_ros.runtime.base import RUNTIMES
from kinest_ros.tracking.devices.basis import BASES
from kinest_ros.tracking.devices.mount import MAX_ANGLE, MAX_OFFSET
from kinest_ros.tracking.sampling.resampler import PATIENCE
from kinest_ros.tracking.settings import MAX_PATIENCE

DEVICES = ("auto", "cpu", "cuda")
#: It becomes a part of frame and topic names, and those may not begin with a digit.
BODY_ID = r"([A-Za-z][A-Za-z0-9_]*)?"
BODY_ID_RULE = "use letters, digits and _ only, and begin with a letter"
RELIABILITIES = ("best_effort", "reliable")
BATCHING = ("auto", "always", "never")
TF_CHOICES = ("all", "root", "none")
#: The most that a number of mount.<slot>.xyz (m) and mount.<slot>.rpy (rad) may be.
MOUNT_LIMITS = {"xyz": MAX_OFFSET, "rpy": MAX_ANGLE}
_MOUNT_PARTS = (("xyz", "position in metres"), ("rpy", "roll, pitch, yaw in radians"))

PARAMETERS: tuple[ParameterSpec, ...] = (
    ParameterSpec(
        "autostart", False, "Configure and activate by itself, without a launch file or manager."
    ),
    ParameterSpec(
        "realtime_priority",
        0,
        "Run the node's threads as SCHED_FIFO with this priority and lock its memory, where that "
        "is permitted; 0: as any other process.",
        minimum=0,
        maximum=99,
    ),
    ParameterSpec(
        "weights", "default", "Name of bundled weights, or the path of a .safetensors file."
    ),
    ParameterSpec("device", "auto", "Where the network runs.", choices=DEVICES),
    ParameterSpec(
        "runtime",
        "auto",
        "How the network runs on its device; auto takes the compiled step (native) on a CPU that "
        "has it, and else the fastest by measurement.",
        choices=RUNTIMES,
    ),
    ParameterSpec(
        "batching",
        "auto",
        "Whether several bodies whose ticks fall together take one step of the network; auto "
        "measures at configure which is faster. The bodies are the same.",
        choices=BATCHING,
    ),
    ParameterSpec(
        "stature",
        0.0,
        "Body height in metres, for the default skeleton; 0: as calibrated, or else estimated "
        "from the head's height over time.",
        minimum=0.0,
        maximum=2.5,
    ),
    ParameterSpec(
        "skeleton",
        "",
        "Path of an .npz file with rest_offsets (22, 3); comes before stature and calibration.",
    ),
    ParameterSpec(
        "calibration",
        "",
        "Calibration of the wearer: path of a .yaml file, or a user name, which stands for "
        "$XDG_CONFIG_HOME/kinest/<name>.yaml; empty: none.",
    ),
    ParameterSpec(
        "hand_device",
        "controller",
        "What ~/calibrate takes the hand trackers for: held in the fist, or worn on the wrist.",
        choices=tuple(HAND_DEVICES),
    ),
    ParameterSpec(
        "input",
        "pose",
        "Kind of message that the tracker poses come in.",
        choices=tuple(INPUTS),
    ),
    ParameterSpec(
        "input_basis",
        "ros",
        "Axes of the incoming poses: ros is Z up, the others Y up.",
        choices=tuple(BASES),
    ),
    ParameterSpec(
        "trackers",
        list(SLOTS),
        "Slots to listen to; with input pose, each is a topic ~/<slot>/pose.",
        choices=SLOTS,
    ),
    *(
        ParameterSpec(
            f"source.{slot}",
            "",
            f"What the {slot} tracker is called: TF frame, name in the array or rigid body; "
            "empty: the input's default.",
        )
        for slot in SLOTS
    ),
    *(
        ParameterSpec(
            f"hand_source.{hand}",
            "",
            f"What hand tracking calls the hand of the {hand} tracker, where controllers may be "
            "laid down; empty: no hand tracking beside it.",
        )
        for hand in HANDS
    ),
    ParameterSpec(
        "hand_poses",
        False,
        "With a topic per tracker: also listen to hand tracking, ~/<hand>/hand_pose and so on.",
    ),
    ParameterSpec(
        "web_host",
        WebOptions.host,
        "With input webxr: what the page is served on; 0.0.0.0: the network, 127.0.0.1: this "
        "computer alone.",
    ),
    ParameterSpec(
        "web_port", WebOptions.port, "With input webxr: likewise.", minimum=1, maximum=65535
    ),
    ParameterSpec(
        "web_deadman_topic",
        "",
        "With input webxr: topic (std_msgs/Bool) that says whether a trigger is held; empty: none.",
    ),
    ParameterSpec(
        "tf_fixed_frame", "world", "With input tf: the frame in which the trackers are looked up."
    ),
    ParameterSpec(
        "world_frame", "", "Parent frame of the pelvis; empty: the frame_id of the incoming poses."
    ),
    ParameterSpec(
        "body_id",
        "",
        "Prefix of the link frames, <body_id>/pelvis; empty: no prefix.",
        constraint=BODY_ID_RULE,
    ),
    ParameterSpec(
        "bodies",
        [""],
        "Ids of several bodies; each then has its topics under ~/<id>/ and its frames under <id>/, "
        "and may have parameters of its own, <id>.stature and so on. ['']: one body.",
        constraint=BODY_ID_RULE,
    ),
    ParameterSpec(
        "tracker_timeout",
        0.25,
        "Seconds without a sample, on the trackers' clock, after which a tracker is lost.",
        minimum=0.03,
        maximum=10.0,
    ),
    ParameterSpec(
        "frozen_timeout",
        1.0,
        "Seconds after which a pose that repeats to the last bit, while its stamps go on, counts "
        "as lost; 0: never, nor does a headset that lies still.",
        minimum=0.0,
        maximum=3600.0,
    ),
    *(
        ParameterSpec(
            f"timeout.{slot}",
            0.0,
            f"The same for the {slot} tracker alone; 0: tracker_timeout.",
            minimum=0.0,
            maximum=10.0,
        )
        for slot in SLOTS
    ),
    ParameterSpec(
        "patience",
        PATIENCE,
        "Seconds by which the head may be past a tick that waits for another tracker; then that "
        "one is extrapolated. Raise it where a hand arrives later than the head.",
        minimum=0.0,
        maximum=MAX_PATIENCE,
    ),
    ParameterSpec("snap_wrists", True, "Pull the wrists onto the hand trackers, within reach."),
    ParameterSpec("snap_body", True, "Put pelvis and feet where their trackers are, within reach."),
    ParameterSpec("smooth_posture", True, "Take the tremor out of the predicted posture."),
    ParameterSpec("foot_lock", True, "Keep standing feet from sliding; the floor is at height 0."),
    ParameterSpec(
        "restamp",
        False,
        "Stamp everything published with ROS time instead of the trackers' clock.",
    ),
    ParameterSpec(
        "publish_tf",
        "all",
        "What goes to /tf: all 22 link frames, the root alone (for use with robot_state_publisher) "
        "or none; true is all, and false none.",
        choices=TF_CHOICES,
        switch=("none", "all"),
    ),
    ParameterSpec("publish_joint_states", True, "Publish ~/joint_states."),
    ParameterSpec("publish_markers", True, "Publish ~/markers for RViz, while somebody listens."),
    ParameterSpec(
        "rep155",
        False,
        "Also publish the body as REP-155 asks: /humans/bodies/<id>/joint_states and the frame "
        "body_<id>; the id is body_id, or default.",
    ),
    ParameterSpec(
        "qos_reliability",
        "best_effort",
        "Reliability asked of the pose topics; best_effort takes any publisher and never waits.",
        choices=RELIABILITIES,
    ),
    ParameterSpec(
        "qos_depth",
        200,
        "Queue length of each pose topic: what may wait while the node is held up, as in bursts; "
        "also how far behind the poses bodies may get if it is too slow for them.",
        minimum=1,
        maximum=100000,
    ),
    *(
        ParameterSpec(
            f"mount.{slot}.{part}",
            [0.0, 0.0, 0.0],
            f"Pose of the body link in the {slot} tracker's axes: {what}; all zero: as calibrated.",
            constraint=f"three numbers between -{MOUNT_LIMITS[part]:g} and {MOUNT_LIMITS[part]:g}",
        )
        for slot in SLOTS
        for part, what in _MOUNT_PARTS
    ),
    *(
        ParameterSpec(
            f"hand_mount.{hand}.{part}",
            [0.0, 0.0, 0.0],
            f"The same while the {hand} tracker is a tracked hand and no controller: {what}; all "
            "zero: as calibrated, or else OpenXR's wrist.",
            constraint=f"three numbers between -{MOUNT_LIMITS[part]:g} and {MOUNT_LIMITS[part]:g}",
        )
        for hand in HANDS
        for part, what in _MOUNT_PARTS
    ),
)
BY_NAME = {spec.name: spec for spec in PARAMETERS}
