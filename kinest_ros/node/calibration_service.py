# SPDX-License-Identifier: Apache-2.0
"""The service ~/calibrate: who wears the trackers, from the pose held in the last two seconds."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from rclpy.lifecycle import LifecycleNode

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.calibration import Calibration, calibrate
from kinest_ros.calibration.sample_ring import SampleRing
from kinest_ros.calibration.storage import (
    calibration_path,
    keeping_other_kind,
    load_calibration,
    save_calibration,
)
from kinest_ros.calibration.summary import summary_lines
from kinest_ros.calibration.wearer import Wearer, wearer
from kinest_ros.errors import KinestError
from kinest_ros.node.background import Background
from kinest_ros.node.deferred_trigger import Answer, DeferredTrigger
from kinest_ros.node.parameters.body_names import BodyNames
from kinest_ros.node.parameters.node_parameters import NodeParameters
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame

#: How long samples are kept, s: the pose, and motion before it that tells front from back.
MEMORY = 12.0
#: No sample of the head for so long (s, of the machine's clock): nobody can be calibrated.
STALE = 1.0
#: Change of the arms' length, as a share, that is worth writing down.
LEAST_GROWTH = 0.01


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
    try:
        calibration = load_calibration(path)
    except KinestError as error:
        raise KinestError(f"parameter 'calibration': {error}") from None
    basis = parameters.settings.input_basis
    if calibration.input_basis != basis:
        node.get_logger().warning(
            f"calibration {path} was made with input_basis '{calibration.input_basis}', this node "
            f"reads '{basis}': right only if the poses differ in their axes too"
        )
    return calibration


@dataclass(frozen=True)
class _Found:
    """A calibration, what the tracker is to be told of it, and what became of the file."""

    calibration: Calibration
    wearer: Wearer
    saved: str


class CalibrationService:
    """Keeps the last samples of one body and calibrates it on request.

    What it needs has been received before the call. The computation takes longer than a tick may
    wait, so it runs beside the node's thread, on a snapshot; the answer comes when its result is
    in use.
    """

    def __init__(
        self,
        node: LifecycleNode,
        names: BodyNames,
        parameters: NodeParameters,
        tracker: BodyTracker,
        prepare: Callable[[Skeleton], None],
        on_change: Callable[[], None],
    ) -> None:
        """Tell the tracker what the parameter `calibration` names.

        Args:
            node: whose service it is.
            names: of the body.
            parameters: stature, skeleton and mounts given there come before what is measured.
            tracker: to be told.
            prepare: called on another thread with the skeleton that is about to be used.
            on_change: called when the tracker was told something new.

        Raises:
            KinestError: a file that is not there or not valid.
        """
        self._node, self._names, self._parameters = node, names, parameters
        self._tracker, self._prepare, self._on_change = tracker, prepare, on_change
        #: Called before the tracker is told: it must not be in the middle of a frame.
        self.settle: Callable[[], None] = lambda: None
        self._ring = SampleRing(MEMORY, parameters.settings.timeout_of("head"))
        self._heard: float | None = None
        self._background: Background[_Found] = Background(node)
        self.calibration = configured_calibration(node, names, parameters)
        if self.calibration is not None:
            self._use(self.calibration, self._wearer(self.calibration))
        self._service: DeferredTrigger | None = None

    def advertise(self) -> None:
        """Offer the service."""
        name = self._names.topic("calibrate")
        self._service = DeferredTrigger(self._node, name, self.call)

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

    def remember_arms(self) -> None:
        """Note in the calibration's file how far the arms have grown, for the next session."""
        calibration, named = self.calibration, self._parameters.calibration
        if calibration is None:
            return
        growth = self._tracker.remember_arms()
        if abs(growth - calibration.arm_growth) < LEAST_GROWTH:
            return
        self.calibration = calibration = replace(calibration, arm_growth=growth)
        if not named:
            return
        try:
            path = save_calibration(calibration, calibration_path(named))
        except KinestError as error:
            self._node.get_logger().warning(f"the growth of the arms could not be saved: {error}")
            return
        self._node.get_logger().info(
            f"arms are {100.0 * (growth - 1.0):.0f} % longer than calibrated, as the hands were "
            f"out of their reach: saved in {path}; calibrate again if somebody else wore it"
        )

    def destroy(self) -> None:
        """Take the service off the network."""
        self._background.forget()
        if self._service is not None:
            self._service.destroy()
            self._service = None

    def call(self, answer: Answer) -> None:
        """Calibrate from what was received, and answer when that is done."""
        silent = None if self._heard is None else time.monotonic() - self._heard
        if self._background.busy:
            answer(False, "a calibration is already running: wait for its answer")
        elif silent is None or silent > STALE:
            last = "yet" if silent is None else f"for {silent:.0f} s"
            self._refuse(
                answer,
                f"no head pose {last}: the node must be active and the trackers running while the "
                "pose is held",
            )
        else:
            ring, earlier = self._ring.snapshot(), self.calibration
            self._background.start(
                lambda: self._find(ring, earlier), lambda found: self._finish(found, answer)
            )

    def _refuse(self, answer: Answer, reason: str) -> None:
        self._node.get_logger().warning(f"not calibrated: {reason}")
        answer(False, reason)

    def _finish(self, found: Future[_Found], answer: Answer) -> None:
        try:
            result = found.result()
            self.settle()
            self._use(result.calibration, result.wearer)
            self._on_change()
        except KinestError as error:
            self._refuse(answer, str(error))
        except Exception as error:  # tracking goes on, whatever is wrong here
            self._node.get_logger().error(f"calibration failed:\n{traceback.format_exc()}")
            answer(False, f"internal error, see the log: {error!r}")
        else:
            text = "\n".join((*summary_lines(result.calibration), result.saved))
            self._node.get_logger().info(f"calibrated:\n{text}")
            answer(True, text)

    def _use(self, calibration: Calibration, who: Wearer) -> None:
        self._tracker.wear(who.skeleton, who.settings, who.arm_growth)
        self.calibration = calibration

    def _find(self, ring: SampleRing, earlier: Calibration | None) -> _Found:
        """Calibrate and save, on another thread."""
        parameters = self._parameters
        calibration = calibrate(
            ring.samples(),
            parameters.settings.input_basis,
            parameters.hand_device,
            parameters.stature or None,
            Skeleton.load(parameters.skeleton) if parameters.skeleton else None,
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        )
        calibration = keeping_other_kind(calibration, earlier)
        who = self._wearer(calibration)
        self._prepare(who.skeleton)
        return _Found(calibration, who, self._saved(calibration))

    def _wearer(self, calibration: Calibration) -> Wearer:
        parameters = self._parameters
        return wearer(parameters.settings, parameters.stature, parameters.skeleton, calibration)

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
