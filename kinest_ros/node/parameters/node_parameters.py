# SPDX-License-Identifier: Apache-2.0
"""One frozen snapshot of the parameters that were chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kinest_ros.body.joints import SLOTS
from kinest_ros.calibration.storage import calibration_path
from kinest_ros.decoding.hands_in_use import HANDS
from kinest_ros.decoding.options import InputOptions, WebOptions
from kinest_ros.errors import KinestError
from kinest_ros.human_description.link_transforms import link_frame_names
from kinest_ros.node.parameters.body_names import BodyNames
from kinest_ros.node.parameters.checks import check_value
from kinest_ros.node.parameters.table import BY_NAME, PARAMETERS
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.settings import TrackerSettings

#: Name under which a calibration is saved where neither it nor the body has one.
DEFAULT_CALIBRATION = "default"


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
    batching: str
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
    max_backlog: float
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
