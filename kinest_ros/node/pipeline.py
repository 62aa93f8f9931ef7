# SPDX-License-Identifier: Apache-2.0
"""What runs between configure and cleanup: the network, the bodies, diagnostics."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode
from rclpy.service import Service
from rclpy.timer import Timer
from std_srvs.srv import Trigger

from kinest_ros.node.body_stream import BodyStream
from kinest_ros.node.namesakes import Namesakes
from kinest_ros.node.outputs.advertise import Advertiser
from kinest_ros.node.outputs.rep155_output import TrackedBodies
from kinest_ros.node.parameters.body_names import BodyNames
from kinest_ros.node.parameters.node_parameters import NodeParameters
from kinest_ros.node.trackers import trackers
from kinest_ros.runtime.threads import single_threaded

#: Seconds between two diagnostics of a body.
PERIOD = 1.0
#: Periods without diagnostics after which they do not wait for their timer.
OVERDUE = 1.5


class Pipeline:
    """Poses in, bodies out, on one node; the bodies share the network and nothing else.

    Time comes from the poses' header stamps alone, so a bag played at any rate, simulated time
    and live use give the same bodies.
    """

    def __init__(
        self, node: LifecycleNode, bodies: Sequence[tuple[BodyNames, NodeParameters]]
    ) -> None:
        """Load the weights, warm up and advertise.

        Args:
            node: publishes and subscribes.
            bodies: names and parameters of each body, at least one.

        Raises:
            KinestError: naming the file or parameter that cannot be used. Nothing stays on the
                network then.
        """
        single_threaded()
        self._node = node
        self._advertiser = Advertiser(node)
        self._streams: list[BodyStream] = []
        self._timer: Timer | None = None
        self._active = False
        # The bodies take turns: the diagnostics of many at once would hold up a tick.
        self._turn, self._turn_time = 0, PERIOD / len(bodies)
        self._diagnosed = time.monotonic()
        self._reset_all: Service | None = None
        self._namesakes = Namesakes(node, node.get_logger().warning)
        try:
            found, self._stepped = trackers([parameters for _, parameters in bodies], self._soon)
            # Not a lifecycle publisher: an inactive node is to be diagnosed as well.
            self._diagnostics = self._advertiser.advertise_always(
                DiagnosticArray, "/diagnostics", 10
            )
            rep155 = any(parameters.rep155 for _, parameters in bodies)
            self._tracked = TrackedBodies(node, self._advertiser) if rep155 else None
            for (names, parameters), body in zip(bodies, found, strict=True):
                tracked = self._tracked if parameters.rep155 else None
                self._streams.append(
                    BodyStream(
                        node,
                        names,
                        parameters,
                        body.tracker,
                        self._advertiser,
                        tracked,
                        self._diagnose_if_overdue,
                        body.answering,
                        self._soon,
                    )
                )
            if bodies[0][0].several:
                self._reset_all = node.create_service(Trigger, "~/reset", self._on_reset_all)
            # The steady clock keeps diagnostics coming when simulated time stands still.
            steady = Clock(clock_type=ClockType.STEADY_TIME)
            self._timer = node.create_timer(self._turn_time, self._on_turn, clock=steady)
        except BaseException:
            self.destroy()
            raise

    @property
    def facts(self) -> dict[str, str]:
        """What the bodies are computed with, for logs."""
        facts = self._streams[0].facts
        if len(self._streams) > 1:
            facts["skeleton"] = "; ".join(stream.facts["skeleton"] for stream in self._streams)
            facts["bodies stepped"] = self._stepped
        return facts

    def start(self) -> None:
        """Listen to the trackers; the node's lifecycle publishers must be enabled.

        Raises:
            KinestError: a topic cannot be subscribed to.
        """
        try:
            for stream in self._streams:
                stream.start()
        except BaseException:
            self.stop()  # or the next activation would subscribe a second time
            raise
        self._active = True

    def stop(self) -> None:
        """Stop listening; diagnostics go on, and say so."""
        self._active = False
        for stream in self._streams:
            stream.stop()

    def destroy(self) -> None:
        """Take everything off the network."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
            self._timer = None
        self.stop()
        while self._streams:
            self._streams.pop().destroy()
        if self._reset_all is not None:
            self._node.destroy_service(self._reset_all)
            self._reset_all = None
        self._advertiser.withdraw()
        gc.unfreeze()

    def _soon(self, call: Callable[[], None]) -> None:
        """Call this on the executor once the messages that came before are done."""
        executor = self._node.executor
        if executor is None:  # nobody spins the node: its callbacks are called by hand
            call()
        else:
            executor.create_task(call)

    def _diagnose_if_overdue(self) -> None:
        """Diagnose between poses: timers wait behind all of them while there are too many."""
        if time.monotonic() - self._diagnosed > OVERDUE * self._turn_time:
            self._on_turn()

    def _on_turn(self) -> None:
        if self._timer is None:
            return  # destroyed after it was due: the executor calls it all the same
        self._diagnosed = time.monotonic()
        message = DiagnosticArray()
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.status = self._streams[self._turn].statuses(self._active)
        if self._turn == 0:
            message.status += self._namesakes.statuses()
        self._diagnostics.publish(message)
        if self._turn == 0 and self._active and self._tracked is not None:
            self._tracked.tick()
        self._turn = (self._turn + 1) % len(self._streams)

    def _on_reset_all(
        self, request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        for stream in self._streams:
            stream.reset()
        response.success, response.message = (
            True,
            "all bodies are reset; they restart with the next poses",
        )
        return response
