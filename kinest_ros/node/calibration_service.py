# SPDX-License-Identifier: Apache-2.0
"""The service ~/calibrate: who wears the trackers, from the pose held in the last two seconds."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from rclpy.lifecycle import LifecycleNode
from rclpy.service import Service
from std_srvs.srv import Trigger

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.calibration import Calibration, calibrate
from kinest_ros.calibration.sample_ring import SampleRing
from kinest_ros.calibration.storage import calibration_path, load_calibration, save_calibration
from kinest_ros.calibration.summary import summary_lines
from kinest_ros.calibration.wearer import wearer
from kinest_ros.errors import KinestError
from kinest_ros.node.body_names import BodyNames
from kinest_ros.node.parameters import NodeParameters
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame

#: How long samples are kept, s: the pose, and motion before it that tells front from back.
MEMORY = 12.0
#: No sample of the head for so long (s, of the machine's clock): nobody can be calibrated.
STALE = 1.0


def configured_calibration(
    node: LifecycleNode, names: BodyNames, parameters: NodeParameters
) -> Calibration | None:
    """Return the calibration that the parameter names, if there is one.

    A user name without a file yet is a user to be calibrated: that is a warning and no error.

    Raises:
        KinestError: a file that is not there or not valid.
    """
    named = parameters.calibration
    if not named:
        return None
    path = calibration_path(named)
    if path != Path(named).expanduser() and not path.exists():
        node.get_logger().warning(
            f"there is no calibration of '{named}' yet ({path}): hold a T- or I-pose and call "
            f"{names.topic('calibrate')}"
        )
        return None
    calibration = load_calibration(path)
    basis = parameters.settings.input_basis
    if calibration.input_basis != basis:
        node.get_logger().warning(
            f"calibration {path} was made with input_basis '{calibration.input_basis}', this node "
            f"reads '{basis}': right only if the poses differ in their axes too"
        )
    return calibration


class CalibrationService:
    """Keeps the last samples of one body and calibrates it on request.

    The answer takes milliseconds: what it needs has been received before the call.
    """

    def __init__(
        self,
        node: LifecycleNode,
        names: BodyNames,
        parameters: NodeParameters,
        tracker: BodyTracker,
        on_change: Callable[[], None],
    ) -> None:
        """Tell the tracker what the parameter `calibration` names.

        Args:
            node: whose service it is.
            names: of the body.
            parameters: stature, skeleton and mounts given there come before what is measured.
            tracker: to be told.
            on_change: called when the tracker was told something new.

        Raises:
            KinestError: a file that is not there or not valid.
        """
        self._node, self._names, self._parameters = node, names, parameters
        self._tracker, self._on_change = tracker, on_change
        self._ring = SampleRing(MEMORY)
        self._heard: float | None = None
        self.calibration = configured_calibration(node, names, parameters)
        if self.calibration is not None:
            self._use(self.calibration)
        self._service: Service | None = None

    def advertise(self) -> None:
        """Offer the service."""
        name = self._names.topic("calibrate")
        self._service = self._node.create_service(Trigger, name, self._on_call)

    @property
    def fact(self) -> str:
        """What is in use, for diagnostics."""
        if self.calibration is None:
            return "none"
        made = self.calibration.created or "at an unknown time"
        return f"{self.calibration.pose}-pose, made {made}"

    def sample(self, frame: TrackerFrame) -> None:
        """Keep a frame that the tracker has taken."""
        self._ring.add(frame)
        if "head" in frame.poses:
            self._heard = time.monotonic()

    def clear(self) -> None:
        """Forget the samples; the calibration stays."""
        self._ring.clear()
        self._heard = None

    def destroy(self) -> None:
        """Take the service off the network."""
        if self._service is not None:
            self._node.destroy_service(self._service)
            self._service = None

    def _use(self, calibration: Calibration) -> None:
        who = wearer(
            self._parameters.settings,
            self._parameters.stature,
            self._parameters.skeleton,
            calibration,
        )
        self._tracker.wear(who.skeleton, who.settings)
        self.calibration = calibration

    def _on_call(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        try:
            calibration = self._calibrated()
            self._use(calibration)
        except KinestError as error:
            response.success, response.message = False, str(error)
            self._node.get_logger().warning(f"not calibrated: {error}")
            return response
        except Exception as error:  # tracking goes on, whatever is wrong here
            self._node.get_logger().error(f"calibration failed:\n{traceback.format_exc()}")
            response.success, response.message = False, f"internal error, see the log: {error!r}"
            return response
        self._on_change()
        response.success = True
        response.message = "\n".join((*summary_lines(calibration), self._saved(calibration)))
        self._node.get_logger().info(f"calibrated:\n{response.message}")
        return response

    def _calibrated(self) -> Calibration:
        silent = None if self._heard is None else time.monotonic() - self._heard
        if silent is None or silent > STALE:
            last = "yet" if silent is None else f"for {silent:.0f} s"
            raise KinestError(
                f"no head pose {last}: the node must be active and the trackers running while the "
                "pose is held"
            )
        parameters = self._parameters
        return calibrate(
            self._ring.samples(),
            parameters.settings.input_basis,
            parameters.hand_device,
            parameters.stature or None,
            Skeleton.load(parameters.skeleton) if parameters.skeleton else None,
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        )

    def _saved(self, calibration: Calibration) -> str:
        """Save the calibration; return where, or why not."""
        named, name = self._parameters.calibration, self._parameters.saved_as
        # Without the id, the parameter would be everybody's.
        parameter = f"{self._names.body_id}." * self._names.several + "calibration"
        try:
            if not name:
                taken = calibration_path(self._names.body_id)
                raise KinestError(
                    f"{taken} is the calibration of another body: set {parameter} to a name that "
                    "no other body has"
                )
            path = save_calibration(calibration, calibration_path(name))
        except KinestError as error:
            self._node.get_logger().error(str(error))
            return f"in use, but not saved: {error}"
        known = named and calibration_path(named) == calibration_path(name)
        again = "" if known else f"; start the node with {parameter}:={name} to use it again"
        return f"saved as {path}{again}"
