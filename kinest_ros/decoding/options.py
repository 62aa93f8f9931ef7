# SPDX-License-Identifier: Apache-2.0
"""What an input source is told, without ROS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kinest_ros.body.joints import SLOTS


@dataclass(frozen=True)
class WebOptions:
    """Where the page for a headset's browser is served.

    Attributes:
        host: what is listened on.
        port: likewise.
        deadman_topic: where it is published that a trigger is held; empty: nowhere.
    """

    host: str = "127.0.0.1"
    port: int = 8443
    deadman_topic: str = ""


@dataclass(frozen=True)
class InputOptions:
    """Which trackers to listen to, what they are called, and how to subscribe.

    Attributes:
        trackers: slots to listen to.
        sources: what the user calls the tracker of a slot: TF frame, name in an array, rigid body.
            Empty or left out: the input's own default.
        hand_sources: likewise, what hand tracking is called, by hand; where it comes beside a
            controller.
        hand_poses: with a topic per tracker, listen to hand tracking's topics as well.
        tf_fixed_frame: TF frame in which the trackers are wanted.
        own_frames: TF frames that this node publishes itself and must not read back.
        timeouts: s without a sample after which a tracker is lost, by slot.
        qos_reliability: "best_effort" or "reliable".
        qos_depth: queue length of each subscription.
        web: of a page that this node serves.
    """

    trackers: tuple[str, ...] = SLOTS
    sources: Mapping[str, str] = field(default_factory=dict)
    hand_sources: Mapping[str, str] = field(default_factory=dict)
    hand_poses: bool = False
    tf_fixed_frame: str = "world"
    own_frames: frozenset[str] = frozenset()
    timeouts: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(SLOTS, 0.25))
    qos_reliability: str = "best_effort"
    qos_depth: int = 200
    web: WebOptions = field(default_factory=WebOptions)
