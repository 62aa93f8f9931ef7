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
        "autostart", False, "Configure and activate at start, without a launch file or manager."
    ),
    ParameterSpec(
        "realtime_priority",
        0,
        "Run the node's threads as SCHED_FIFO with this priority and lock its memory, if "
        "permitted; 0: normal scheduling.",
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
        "has it, otherwise the fastest by measurement.",
        choices=RUNTIMES,
    ),
    ParameterSpec(
        "batching",
        "auto",
        "Whether several bodies with simultaneous ticks share one step of the network; auto "
        "measures at configure which is faster. The result is the same.",
        choices=BATCHING,
    ),
    ParameterSpec(
        "stature",
        0.0,
        "Body height in metres, for the default skeleton; 0: as calibrated, else estimated "
        "from head height over time.",
        minimum=0.0,
        maximum=2.5,
    ),
    ParameterSpec(
        "skeleton",
        "",
        "Path of an .npz file with rest_offsets (22, 3); overrides stature and calibration.",
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
        "What ~/calibrate assumes the hand trackers are: held in the fist, or worn on the wrist.",
        choices=tuple(HAND_DEVICES),
    ),
    ParameterSpec(
        "input",
        "pose",
        "Kind of message with the tracker poses.",
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
            f"Name of the {slot} tracker: TF frame, name in the array or rigid body; "
            "empty: the input's default.",
        )
        for slot in SLOTS
    ),
    *(
        ParameterSpec(
            f"hand_source.{hand}",
            "",
            f"Name of the tracked hand that replaces the {hand} controller when it is put down; "
            "empty: no hand tracking.",
        )
        for hand in HANDS
    ),
    ParameterSpec(
        "hand_poses",
        False,
        "With a topic per tracker: also listen to hand tracking, ~/<hand>/hand_pose etc.",
    ),
    ParameterSpec(
        "web_host",
        WebOptions.host,
        "With input webxr: address that the page is served on; 0.0.0.0: all networks, "
        "127.0.0.1: this computer only.",
    ),
    ParameterSpec(
        "web_port", WebOptions.port, "With input webxr: port of the page.", minimum=1, maximum=65535
    ),
    ParameterSpec(
        "web_deadman_topic",
        "",
        "With input webxr: topic (std_msgs/Bool), true while a trigger is held; empty: none.",
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
        "Seconds of bit-identical poses with advancing stamps after which a tracker counts as "
        "lost; 0: never, and a headset that lies still counts as worn.",
        minimum=0.0,
        maximum=3600.0,
    ),
    *(
        ParameterSpec(
            f"timeout.{slot}",
            0.0,
            f"tracker_timeout of the {slot} tracker; 0: tracker_timeout.",
            minimum=0.0,
            maximum=10.0,
        )
        for slot in SLOTS
    ),
    ParameterSpec(
        "patience",
        PATIENCE,
        "Seconds, on the head's stamps, that a tick waits for a late tracker before it is "
        "extrapolated. Raise it if a hand arrives later than the head.",
        minimum=0.0,
        maximum=MAX_PATIENCE,
    ),
    ParameterSpec("snap_wrists", True, "Move the wrists onto the hand trackers, within reach."),
    ParameterSpec("snap_body", True, "Move pelvis and feet onto their trackers, within reach."),
    ParameterSpec("smooth_posture", True, "Filter jitter out of the predicted posture."),
    ParameterSpec("foot_lock", True, "Keep standing feet from sliding; the floor is at height 0."),
    ParameterSpec(
        "restamp",
        False,
        "Stamp all outputs with ROS time instead of the trackers' clock.",
    ),
    ParameterSpec(
        "publish_tf",
        "all",
        "What goes to /tf: all 22 link frames, the root only (with robot_state_publisher) "
        "or none; true means all, false none.",
        choices=TF_CHOICES,
        switch=("none", "all"),
    ),
    ParameterSpec("publish_joint_states", True, "Publish ~/joint_states."),
    ParameterSpec(
        "publish_markers", True, "Publish ~/markers for RViz, while there are subscribers."
    ),
    ParameterSpec(
        "rep155",
        False,
        "Also publish the body as in REP-155: /humans/bodies/<id>/joint_states and the frame "
        "body_<id>; the id is body_id, or default.",
    ),
    ParameterSpec(
        "qos_reliability",
        "best_effort",
        "Reliability QoS of the pose topics; best_effort accepts any publisher and never waits.",
        choices=RELIABILITIES,
    ),
    ParameterSpec(
        "qos_depth",
        200,
        "Queue length of each pose topic, for bursts and short stalls of the node; also bounds "
        "how far bodies can lag behind the poses if the node is too slow.",
        minimum=1,
        maximum=100000,
    ),
    ParameterSpec(
        "max_backlog",
        0.5,
        "Seconds of poses that may wait in the queues of a node that is too slow; of a longer "
        "backlog only the newest 0.1 s are used. 0: all are used, however late.",
        minimum=0.0,
        maximum=60.0,
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
            f"The same while {hand} is a tracked hand instead of a controller: {what}; all zero: "
            "as calibrated, else OpenXR's wrist.",
            constraint=f"three numbers between -{MOUNT_LIMITS[part]:g} and {MOUNT_LIMITS[part]:g}",
        )
        for hand in HANDS
        for part, what in _MOUNT_PARTS
    ),
)
BY_NAME = {spec.name: spec for spec in PARAMETERS}
