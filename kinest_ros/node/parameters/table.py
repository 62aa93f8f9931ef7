# SPDX-License-Identifier: Apache-2.0
"""The node's parameters: one table of what exists, one frozen snapshot of what was chosen.

No ROS import: the launch file, the configuration file and the tests are checked against
:data:`PARAMETERS` without a ROS installation.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kinest_ros.body.joints import SLOTS
from kinest_ros.calibration.devices import HAND_DEVICES
from kinest_ros.calibration.storage import calibration_path
from kinest_ros.decoding.hands_in_use import HANDS
from kinest_ros.decoding.options import InputOptions, WebOptions
from kinest_ros.errors import KinestError
from kinest_ros.human_description.link_transforms import link_frame_names
from kinest_ros.node.inputs.registry import INPUTS
from kinest_ros.node.parameters.body_names import BodyNames
from kinest_ros.runtime.base import RUNTIMES
from kinest_ros.tracking.devices.basis import BASES
from kinest_ros.tracking.devices.mount import MAX_ANGLE, MAX_OFFSET, Mount
from kinest_ros.tracking.sampling.resampler import PATIENCE
from kinest_ros.tracking.settings import MAX_PATIENCE, TrackerSettings

DEVICES = ("auto", "cpu", "cuda")
#: It becomes a part of frame and topic names, and those may not begin with a digit.
BODY_ID = r"([A-Za-z][A-Za-z0-9_]*)?"
BODY_ID_RULE = "use letters, digits and _ only, and begin with a letter"
RELIABILITIES = ("best_effort", "reliable")
TF_CHOICES = ("all", "root", "none")
#: The most that a number of mount.<slot>.xyz (m) and mount.<slot>.rpy (rad) may be.
_MOUNT_LIMITS = {"xyz": MAX_OFFSET, "rpy": MAX_ANGLE}
_MOUNT_PARTS = (("xyz", "position in metres"), ("rpy", "roll, pitch, yaw in radians"))


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter.

    Attributes:
        name: as in ROS.
        default: its type is the parameter's type.
        description: one sentence or two.
        minimum: with `maximum`, of a number; None: no limits.
        maximum: likewise.
        choices: of a text, or of each item of a list.
        constraint: in words, where it is neither a range nor a choice.
        switch: what false and true stand for, of a text that was a switch once.
    """

    name: str
    default: Any
    description: str
    minimum: float | int | None = None
    maximum: float | int | None = None
    choices: tuple[str, ...] = ()
    constraint: str = ""
    switch: tuple[str, str] | None = None

    def settle(self, value: Any) -> Any:
        """Return a value as the rest of the program knows it: no switch."""
        return self.switch[value] if self.switch and isinstance(value, bool) else value


PARAMETERS: tuple[ParameterSpec, ...] = (
    ParameterSpec(
        "autostart", False, "Configure and activate by itself, without a launch file or manager."
    ),
    ParameterSpec(
        "weights", "default", "Name of bundled weights, or the path of a .safetensors file."
    ),
    ParameterSpec("device", "auto", "Where the network runs.", choices=DEVICES),
    ParameterSpec(
        "runtime",
        "auto",
        "How the network runs on its device; auto takes the fastest by measurement.",
        choices=RUNTIMES,
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
            constraint=f"three numbers between -{_MOUNT_LIMITS[part]:g} and "
            f"{_MOUNT_LIMITS[part]:g}",
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
            constraint=f"three numbers between -{_MOUNT_LIMITS[part]:g} and "
            f"{_MOUNT_LIMITS[part]:g}",
        )
        for hand in HANDS
        for part, what in _MOUNT_PARTS
    ),
)
BY_NAME = {spec.name: spec for spec in PARAMETERS}

#: Name under which a calibration is saved where neither it nor the body has one.
DEFAULT_CALIBRATION = "default"
#: Parameters every rclpy node takes, besides names under these prefixes.
ROS_PARAMETERS = ("use_sim_time", "start_type_description_service")
ROS_PREFIXES = ("qos_overrides.",)


@dataclass(frozen=True)
class NodeParameters:
    """What the node runs with, read once at configure; names as in :data:`PARAMETERS`.

    Attributes:
        saved_as: user name or path under which ~/calibrate saves; empty where that would be the
            file of another body.
    """

    weights: str
    device: str
    runtime: str
    stature: float
    skeleton: str
    calibration: str
    hand_device: str
    trackers: tuple[str, ...]
    world_frame: str
    body_id: str
    restamp: bool
    publish_tf: str
    publish_joint_states: bool
    publish_markers: bool
    rep155: bool
    input: str
    inputs: InputOptions
    settings: TrackerSettings
    saved_as: str

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> NodeParameters:
        """Check the values of all parameters together and freeze them.

        Args:
            values: value by parameter name; names left out take their defaults.

        Raises:
            KinestError: naming the parameter, its value and what it may be.
        """
        chosen = {s.name: s.settle(values.get(s.name, s.default)) for s in PARAMETERS}
        for name, value in chosen.items():
            check_value(BY_NAME[name], value)
        if 0.0 < chosen["stature"] < 0.8:
            raise KinestError(
                f"parameter 'stature' is {chosen['stature']}: it must be 0 (not known) or lie in "
                "[0.8, 2.5]"
            )
        if chosen["calibration"]:
            try:
                calibration_path(chosen["calibration"])
            except KinestError as error:
                raise KinestError(f"parameter 'calibration': {error}") from None
        trackers = tuple(chosen["trackers"])
        if "head" not in trackers:
            raise KinestError(
                f"parameter 'trackers' is {list(trackers)}: the head is needed; add 'head'"
            )
        if chosen["input"] == "webxr" and chosen["input_basis"] != "ros":
            raise KinestError(
                f"parameter 'input_basis' is '{chosen['input_basis']}': input webxr has turned its "
                "poses to ROS's axes already; leave it at 'ros'"
            )
        settings = TrackerSettings(
            input_basis=chosen["input_basis"],
            mounts={slot: _mount(chosen, f"mount.{slot}") for slot in SLOTS},
            hand_mounts={hand: _mount(chosen, f"hand_mount.{hand}") for hand in HANDS},
            tracker_timeout=float(chosen["tracker_timeout"]),
            timeouts=_timeouts(chosen),
            patience=float(chosen["patience"]),
            frozen_timeout=float(chosen["frozen_timeout"]),
            snap_wrists=chosen["snap_wrists"],
            snap_body=chosen["snap_body"],
            smooth_posture=chosen["smooth_posture"],
            foot_lock=chosen["foot_lock"],
        )
        inputs = InputOptions(
            trackers=trackers,
            sources={slot: chosen[f"source.{slot}"] for slot in SLOTS if chosen[f"source.{slot}"]},
            hand_sources={
                hand: chosen[f"hand_source.{hand}"]
                for hand in HANDS
                if chosen[f"hand_source.{hand}"] and hand in trackers
            },
            hand_poses=chosen["hand_poses"],
            tf_fixed_frame=chosen["tf_fixed_frame"].strip("/"),
            own_frames=_own_frames(chosen),
            timeouts={slot: settings.timeout_of(slot) for slot in SLOTS},
            qos_reliability=chosen["qos_reliability"],
            qos_depth=chosen["qos_depth"],
            web=WebOptions(chosen["web_host"], chosen["web_port"], chosen["web_deadman_topic"]),
        )
        taken = cls.__dataclass_fields__.keys() & chosen.keys()
        fields = {name: chosen[name] for name in taken} | {"trackers": trackers}
        fields["world_frame"] = chosen["world_frame"].strip("/")
        saved_as = chosen["calibration"] or chosen["body_id"] or DEFAULT_CALIBRATION
        return cls(settings=settings, inputs=inputs, saved_as=saved_as, **fields)


def check_names(names: Iterable[str]) -> None:
    """Raise KinestError for a parameter the node does not have, proposing the nearest name."""
    for name in names:
        if name in BY_NAME or name in ROS_PARAMETERS or name.startswith(ROS_PREFIXES):
            continue
        near = difflib.get_close_matches(name, BY_NAME, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        valid = [known for known in BY_NAME if "." not in known]
        raise KinestError(
            f"unknown parameter '{name}': {hint}Valid are {', '.join(valid)}, source.<slot>, "
            "timeout.<slot>, mount.<slot>.xyz, mount.<slot>.rpy, hand_source.<hand>, "
            "hand_mount.<hand>.xyz, hand_mount.<hand>.rpy"
        )


def _mount(chosen: Mapping[str, Any], name: str) -> Mount:
    """Return the mount that two parameters give."""
    xyz, rpy = (tuple(float(v) for v in chosen[f"{name}.{part}"]) for part in ("xyz", "rpy"))
    return Mount(xyz, rpy)


def _timeouts(chosen: Mapping[str, Any]) -> dict[str, float]:
    """Return the timeouts of single trackers, in seconds."""
    given = {slot: float(chosen[f"timeout.{slot}"]) for slot in SLOTS}
    for slot, value in given.items():
        if 0.0 < value < 0.03:
            raise KinestError(
                f"parameter 'timeout.{slot}' is {value}: it must be 0 or lie in [0.03, 10.0]"
            )
    return {slot: value for slot, value in given.items() if value > 0.0}


def _own_frames(chosen: Mapping[str, Any]) -> frozenset[str]:
    """Return the TF frames that the node publishes, or that others make of what it publishes."""
    if chosen["publish_tf"] == "none":
        return frozenset()
    body_id = chosen["body_id"]
    between_hips = (BodyNames(body_id).rep155_frame,) if chosen["rep155"] else ()
    return frozenset((*link_frame_names(body_id), *between_hips))


def check_value(spec: ParameterSpec, value: Any, name: str = "") -> None:
    """Raise KinestError, with the reason, for a value of the right type that cannot be.

    Args:
        spec: of the parameter.
        value: to be checked.
        name: as the user knows it; empty: as in the specification.
    """
    value = spec.settle(value)
    given = f"parameter '{name or spec.name}' is {value!r}"
    if spec.name == "body_id" and not re.fullmatch(BODY_ID, value):
        raise KinestError(f"{given}: {BODY_ID_RULE}")
    if isinstance(spec.default, list):
        items = list(value)
        if spec.choices:
            _check_choices(given, items, spec.choices)
        elif isinstance(spec.default[0], str):
            pass
        else:
            limit = _MOUNT_LIMITS[spec.name.rpartition(".")[2]]
            if len(items) != 3 or not all(abs(float(item)) <= limit for item in items):
                unit = "metres" if spec.name.endswith(".xyz") else "radians"
                raise KinestError(f"{given}: give {spec.constraint}, in {unit}")
    elif spec.choices:
        _check_choices(given, [value], spec.choices)
    elif None not in (spec.minimum, spec.maximum) and not spec.minimum <= value <= spec.maximum:
        raise KinestError(f"{given}: it must lie in [{spec.minimum}, {spec.maximum}]")


def _check_choices(given: str, items: list[Any], choices: tuple[str, ...]) -> None:
    wrong = [item for item in items if item not in choices]
    if wrong:
        raise KinestError(f"{given}: '{wrong[0]}' is none of {', '.join(choices)}")
