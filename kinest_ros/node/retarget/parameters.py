# SPDX-License-Identifier: Apache-2.0
"""The retargeting node's parameters: one table, one frozen snapshot."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kinest_ros.errors import KinestError
from kinest_ros.node.parameters.checks import check_value
from kinest_ros.node.parameters.spec import ParameterSpec
from kinest_ros.retarget.live.sample import LiveSettings
from kinest_ros.retarget.solver.coordinates import MODES
from kinest_ros.retarget.solver.settings import ARMS, RetargetSettings

PARAMETERS: tuple[ParameterSpec, ...] = (
    ParameterSpec("autostart", False, "Configure and activate by itself."),
    ParameterSpec(
        "robot",
        "own",
        "MJCF or URDF file of the robot; `own`: our own robot; `topic`: the description "
        "latched on description_topic.",
    ),
    ParameterSpec(
        "description_topic",
        "/robot_description",
        "Topic of the robot's description, with `robot: topic`.",
    ),
    ParameterSpec(
        "override",
        "",
        "Override file (YAML) for a robot whose description is misinterpreted; empty: none.",
    ),
    ParameterSpec("body_topic", "/kinest/body", "Bodies (FullBodyState) to follow."),
    ParameterSpec(
        "state_topic",
        "",
        "The robot's own joint states; output starts there after start, resume and enable. "
        "Empty: output starts at the reference.",
    ),
    ParameterSpec(
        "mode", "whole", "`whole`, or `upper`: waist, arms and head on a fixed base.", choices=MODES
    ),
    ParameterSpec(
        "rate",
        60.0,
        "Output rate while no body comes, and its maximum otherwise, Hz.",
        minimum=5.0,
        maximum=500.0,
    ),
    ParameterSpec(
        "max_velocity",
        12.0,
        "Velocity limit of every joint, rad/s; the description's own limit where that is lower.",
        minimum=0.1,
        maximum=50.0,
    ),
    ParameterSpec(
        "max_acceleration",
        250.0,
        "Acceleration limit of every joint, rad/s^2.",
        minimum=1.0,
        maximum=2000.0,
    ),
    ParameterSpec("self_collision", True, "Avoid collisions between the robot's links."),
    ParameterSpec("foot_lock", True, "Lock feet in contact in place."),
    ParameterSpec(
        "arms",
        "blend",
        "Hand targets: `direction` of the bones, scaled `position`, or a `blend`, near to both.",
        choices=ARMS,
    ),
    ParameterSpec(
        "blend_in",
        1.0,
        "Duration of the blend to the reference after start, resume and enable, s.",
        minimum=0.05,
        maximum=20.0,
    ),
    ParameterSpec(
        "start",
        "align",
        "`align`: the human begins where the robot stands, facing as it does, and again after a "
        "stop; `world`: the robot is where the human is in the trackers' frame.",
        choices=("align", "world"),
    ),
    ParameterSpec(
        "silence",
        0.15,
        "Seconds without a body after which the robot holds.",
        minimum=0.05,
        maximum=5.0,
    ),
    ParameterSpec(
        "stop_after",
        1.0,
        "Seconds without a body after which the output stops (ERROR); the next body blends in.",
        minimum=0.1,
        maximum=60.0,
    ),
    ParameterSpec(
        "deadman",
        False,
        "Follow only while ~/enable (Bool) is true and fresh; else the output is frozen.",
    ),
    ParameterSpec(
        "deadman_timeout",
        0.25,
        "Seconds for which a signal on ~/enable is fresh.",
        minimum=0.02,
        maximum=5.0,
    ),
    ParameterSpec(
        "controllers",
        [""],
        "joint_trajectory_controllers, each `topic: joint, joint, ...`, or `topic: *` for all "
        "joints. ['']: all joints on ~/joint_trajectory.",
        constraint="write `topic: joint, joint, ...`",
    ),
    ParameterSpec(
        "trajectory_time",
        0.05,
        "time_from_start of the single trajectory point, s.",
        minimum=0.0,
        maximum=1.0,
    ),
    ParameterSpec("world_frame", "", "Parent frame of the base; empty: the bodies' frame_id."),
    ParameterSpec("frame_prefix", "", "Prefix of the base's frame, such as g1/; empty: none."),
    ParameterSpec("publish_tf", True, "The base on /tf."),
    ParameterSpec(
        "zmq",
        "",
        "Endpoint of a ZMQ stream for SONIC and GR00T-WBC, such as tcp://*:5556; empty: none.",
    ),
    ParameterSpec("zmq_version", 1, "Version of that stream: 1 or 3.", minimum=1, maximum=3),
    ParameterSpec(
        "redis",
        "",
        "URL of a redis server for TWIST2, such as redis://localhost:6379; empty: none.",
    ),
    ParameterSpec(
        "redis_robot", "unitree_g1", "Robot in the keys of that stream, action_body_<robot>."
    ),
)
BY_NAME: Mapping[str, ParameterSpec] = {spec.name: spec for spec in PARAMETERS}


@dataclass(frozen=True)
class RetargetParameters:
    """What was chosen.

    Attributes:
        values: by name, all of the table.
        settings: of the solver.
        live: of the output.
        controllers: by topic, the joints of each trajectory; ("*",) for all.
    """

    values: Mapping[str, Any]
    settings: RetargetSettings
    live: LiveSettings
    controllers: Mapping[str, tuple[str, ...]]

    @classmethod
    def chosen(cls, values: Mapping[str, Any]) -> RetargetParameters:
        """Check values and take them up.

        Raises:
            KinestError: one that cannot be.
        """
        for spec in PARAMETERS:
            if spec.name != "controllers":
                check_value(spec, values[spec.name])
        if values["zmq_version"] not in (1, 3):
            raise KinestError(f"parameter 'zmq_version' is {values['zmq_version']}: use 1 or 3")
        pick = {name: values[name] for name in _OF_SOLVER}
        live = {name: values[name] for name in _OF_LIVE}
        return cls(
            values,
            RetargetSettings(**pick),
            LiveSettings(align=values["start"] == "align", **live),
            dict(_controllers(values["controllers"])),
        )


_OF_SOLVER = ("mode", "max_velocity", "max_acceleration", "self_collision", "foot_lock", "arms")
_OF_LIVE = ("rate", "blend_in", "silence", "stop_after", "deadman", "deadman_timeout")


def _controllers(items: Iterable[str]) -> Iterable[tuple[str, tuple[str, ...]]]:
    for item in items:
        if not item.strip():
            yield "~/joint_trajectory", ("*",)
            continue
        topic, colon, names = item.partition(":")
        joints = tuple(name.strip() for name in names.split(",") if name.strip())
        if not colon or not joints or not re.fullmatch(r"[~/\w]+", topic.strip()):
            raise KinestError(
                f"parameter 'controllers': '{item}': write `topic: joint, joint, ...`"
            )
        yield topic.strip(), joints


def check_names(given: Iterable[str]) -> None:
    """Raise KinestError for a parameter that does not exist."""
    for name in given:
        if name in BY_NAME or name.startswith(("qos_overrides.", "use_sim_time")):
            continue
        near = difflib.get_close_matches(name, BY_NAME, 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise KinestError(f"unknown parameter '{name}'{hint}")
