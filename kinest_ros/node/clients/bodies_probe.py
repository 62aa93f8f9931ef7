# SPDX-License-Identifier: Apache-2.0
"""Sends the poses of several bodies at the same moments and notes when each body comes back."""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from geometry_msgs.msg import PoseStamped
from rclpy.publisher import Publisher
from rclpy.qos import qos_profile_sensor_data

from kinest_ros.bags.body_messages import pose_wire
from kinest_ros.bags.wire import WireMessage, stamp_numbers
from kinest_ros.body.joints import SLOTS
from kinest_ros.msg import FullBodyState
from kinest_ros.node.clients.private_node import PrivateNode
from kinest_ros.tracking.sampling.resampler import first_tick_from

_SLOTS = SLOTS[:3]


@dataclass
class BodiesTrace:
    """What went out to one node, and what came back.

    Attributes:
        stamps_ns: of the frames sent, in order; all bodies' poses of a frame have the same.
        sent_ns: ``time.perf_counter_ns()`` before the first pose of each frame was published.
        after_ns: by body, the same after that body's last pose of each frame.
        bodies: by body, of each that came, its stamp and ``time.perf_counter_ns()``, ns.
    """

    stamps_ns: list[int] = field(default_factory=list)
    sent_ns: list[int] = field(default_factory=list)
    after_ns: dict[str, list[int]] = field(default_factory=dict)
    bodies: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


class BodiesProbe:
    """Heads and hands for the bodies of some nodes; to be used in a with statement."""

    def __init__(self, nodes: Sequence[str], motions: dict[str, np.ndarray]) -> None:
        """Take the motions, to be sent again and again, there and back.

        Args:
            nodes: names of the nodes; all have the same bodies.
            motions: by body, (N, 6, 7) positions, m, and quaternions, xyzw, by slot.
        """
        self._nodes = nodes
        self._motions = {
            name: np.concatenate((motion, motion[-2:0:-1])) for name, motion in motions.items()
        }
        self._trace = BodiesTrace()
        self._publishers: dict[tuple[str, str], list[tuple[Publisher, WireMessage]]] = {}

    def __enter__(self) -> BodiesProbe:
        """Join the network."""
        self._own = PrivateNode("kinest_bodies_probe")
        self._node = self._own.node
        for node in self._nodes:
            for name in self._motions:
                base = f"/{node}/{name}"
                self._publishers[node, name] = [
                    (
                        self._node.create_publisher(
                            PoseStamped, f"{base}/{slot}/pose", qos_profile_sensor_data
                        ),
                        pose_wire("world"),
                    )
                    for slot in _SLOTS
                ]
                self._node.create_subscription(
                    FullBodyState, f"{base}/body", partial(self._on_body, name), 100, raw=True
                )
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self._own.close()

    def wait_for_nodes(self) -> None:
        """Wait until all nodes hear us and we hear them.

        Raises:
            KinestError: one does not turn up.
        """
        for node, name in self._publishers:
            self._own.wait_until(
                partial(self._is_there, node, name), f"no node listens to /{node}/{name}/head/pose"
            )
        self._own.settle()

    def _is_there(self, node: str, name: str) -> bool:
        heard = all(p.get_subscription_count() for p, _ in self._publishers[node, name])
        return heard and self._node.count_publishers(f"/{node}/{name}/body") > 0

    def run(self, node: str, seconds: float, rate: float) -> BodiesTrace:
        """Send to one node and listen; return what came to pass.

        Args:
            node: one of the nodes.
            seconds: how long.
            rate: frames per second.
        """
        self._trace = trace = BodiesTrace(
            after_ns={name: [] for name in self._motions},
            bodies={name: [] for name in self._motions},
        )
        started, first_stamp = time.perf_counter_ns(), time.time_ns()
        for index in range(round(seconds * rate)):
            due = started + round(index * 1e9 / rate)
            self._own.listen_until(due)
            now = time.perf_counter_ns()
            stamp_ns = first_stamp + now - started
            trace.stamps_ns.append(stamp_ns)
            trace.sent_ns.append(now)
            stamp = stamp_numbers(stamp_ns)
            for name, motion in self._motions.items():
                poses = motion[index % len(motion)]
                own = self._publishers[node, name]
                for pose, (publisher, wire) in zip(poses, own, strict=False):
                    wire.write("stamp", stamp)
                    wire.write("pose", pose)
                    publisher.publish(wire.tobytes())
                trace.after_ns[name].append(time.perf_counter_ns())
        self._own.listen_until(time.perf_counter_ns() + 500_000_000)
        return trace

    def _on_body(self, name: str, data: bytes) -> None:
        arrived = time.perf_counter_ns()
        # The header's stamp stands first, after the four bytes that say how numbers are written:
        # to take the message apart would cost the node's bodies a part of the processor.
        seconds, nanoseconds = struct.unpack_from("<iI", data, 4)
        stamp = seconds * 1_000_000_000 + nanoseconds
        self._trace.bodies.setdefault(name, []).append((stamp, arrived))


def tick_delays(trace: BodiesTrace, skip: float = 0.0) -> dict[str, np.ndarray]:
    """Return the delays of a trace, ms, and how many ticks each body lacks.

    Args:
        trace: of one node.
        skip: s of stamps at the beginning that do not count.

    Returns:
        each: of every body, from its last pose of the frame that completes the tick to its arrival.
        all: of every tick whose bodies all came, from the first pose sent of that frame to the
            arrival of the last body.
        missing: by body.
    """
    stamps, sent = np.array(trace.stamps_ns), np.array(trace.sent_ns)
    first = stamps[0] + round(skip * 1e9)
    each: list[np.ndarray] = []
    last: dict[int, list[int]] = {}
    missing = []
    ticks = first_tick_from(int(stamps[-1])) - first_tick_from(int(first))
    for name, came in trace.bodies.items():
        bodies = np.array([b for b in came if b[0] >= first], dtype=np.int64).reshape(-1, 2)
        completing = np.searchsorted(stamps, bodies[:, 0])
        known = completing < len(stamps)
        bodies, completing = bodies[known], completing[known]
        each.append((bodies[:, 1] - np.array(trace.after_ns[name])[completing]) * 1e-6)
        missing.append(ticks - len(np.unique(bodies[:, 0])))
        for frame, (stamp, arrived) in zip(completing.tolist(), bodies.tolist(), strict=True):
            last.setdefault(stamp, []).append(arrived - int(sent[frame]))
    whole = [max(delays) for delays in last.values() if len(delays) == len(trace.bodies)]
    return {
        "each": np.concatenate(each),
        "all": np.array(whole) * 1e-6,
        "missing": np.array(missing),
    }
