# SPDX-License-Identifier: Apache-2.0
"""The way out: from the network's prediction to the body that is published."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from kinest_ros.body.finite import all_finite
from kinest_ros.body.frames import joints_of_links
from kinest_ros.body.joints import (
    BODY_SLOTS,
    FOOT_SLOTS,
    HAND_SLOTS,
    HEAD_SLOT,
    PELVIS_SLOT,
    SLOT_JOINTS,
)
from kinest_ros.model.confidence import confidence_from_sigma
from kinest_ros.model.error_model import ErrorModel
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.expected_errors import ExpectedErrors
from kinest_ros.tracking.fitting.body_fit import (
    Anchors,
    WorldPose,
    fit,
    with_snapped_limbs,
    with_tracked_rotations,
)
from kinest_ros.tracking.fitting.posing import positions_from_head, quaternions, world_rotations
from kinest_ros.tracking.misfit import Misfit
from kinest_ros.tracking.moment import Moment
from kinest_ros.tracking.sampling.resampler import TICK_RATE
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.tracking.steadying.elbow_height import with_elbows_above
from kinest_ros.tracking.steadying.fit_leaps import FitWatch
from kinest_ros.tracking.steadying.floor_bounds import FloorBounds
from kinest_ros.tracking.steadying.floor_level import FloorLevel
from kinest_ros.tracking.steadying.foot_lock import FootLock
from kinest_ros.tracking.steadying.jumps import JumpWatch
from kinest_ros.tracking.steadying.limb_bounds import MAX_ADDED_SPEED, LimbBounds
from kinest_ros.tracking.steadying.network_leaps import NetworkLeaps
from kinest_ros.tracking.steadying.posture_smoothing import PostureSmoother
from kinest_ros.tracking.steadying.transition import Transition
from kinest_ros.tracking.wearer.feet_watch import FeetWatch
from kinest_ros.tracking.wearer.physique import Physique

if TYPE_CHECKING:
    from kinest_ros.runtime.predictor import Prediction

_SLOT_JOINTS = np.array(SLOT_JOINTS)


class Finisher:
    """Fits predicted bodies to their trackers and steadies them; carries what that needs.

    Attributes:
        feet: whether the feet of somebody who stands are on the floor.
        growing: whether the bones are on their way to those of the wearer.
    """

    def __init__(
        self,
        settings: TrackerSettings,
        physique: Physique,
        floor: FloorLevel,
        error_model: ErrorModel,
    ) -> None:
        """Start with nothing published.

        Args:
            settings: what is met, held and smoothed.
            physique: whose bones to begin with; its arms are told what hands they do not reach.
            floor: of the room, to be looked at.
            error_model: of the network.
        """
        self._settings = settings
        self._floor, self._physique = floor, physique
        rest_offsets = physique.rest_offsets
        self.feet = FeetWatch()
        self.growing = False
        self._smoother = PostureSmoother(TICK_RATE)
        self._misfit = Misfit(TICK_RATE)
        self._expected = ExpectedErrors(error_model)
        self._floor_bounds = FloorBounds(TICK_RATE)
        self._jumps = JumpWatch(TICK_RATE)
        self._fit_watch = FitWatch(TICK_RATE)
        self._network_leaps = NetworkLeaps(TICK_RATE)
        self._transition = Transition(rest_offsets, settings.max_recovery_speed, TICK_RATE)
        self._foot_lock = FootLock(rest_offsets, TICK_RATE)
        self._limb_bounds = LimbBounds(TICK_RATE)
        self._rest_offsets = rest_offsets
        # The slots whose joints are moved onto their trackers, and turned as they are.
        snap_wrists, snap_body = settings.snap_wrists, settings.snap_body
        self._met = np.array([True, *2 * [snap_wrists], *3 * [snap_body]])
        self._turned = np.array([*3 * [settings.snap_rotations], *3 * [snap_body]])

    def reset(self) -> None:
        """Forget what was published: the next body may be anywhere."""
        self.growing = False
        self.feet.reset()
        self._transition.reset()
        self._foot_lock.reset()
        self._limb_bounds.reset()
        self._floor_bounds.reset()
        self._jumps.reset()
        self._fit_watch.reset()
        self._network_leaps.reset()

    def network_restarted(self) -> None:
        """Note that the network's next pose does not follow from the one before."""
        self._smoother.reset()
        self._misfit.reset()
        self._jumps.network_restarted()

    def body_changed(self) -> None:
        """Note that the network sees another size of body: its pose may jump."""
        self._jumps.network_restarted()

    def trackers_moved(self) -> None:
        """Note that the trackers' places on the body changed: every pose jumps."""
        self._jumps.trackers_moved()

    def set_bones(self, rest_offsets: np.ndarray) -> None:
        """Go on with bones (22, 3), m."""
        if rest_offsets is self._rest_offsets:
            return
        self._rest_offsets = rest_offsets
        self._transition.set_bones(rest_offsets)
        self._foot_lock.set_bones(rest_offsets)

    def finish(
        self, prediction: Prediction, moment: Moment, states: np.ndarray, frame_id: str
    ) -> BodyPose | None:
        """Return the body of a moment; None where the result is not finite.

        Args:
            prediction: of the network.
            moment: the same tick's.
            states: (6,) `TrackerState` of each slot.
            frame_id: the fixed frame that its trackers are in.
        """
        anchors = Anchors(moment.positions, moment.tick.valid & self._met)
        world, own = self._posture(prediction, moment, anchors)
        target = self._fitted(world, own, moment, anchors)
        if not (all_finite(target.world) and all_finite(target.positions)):
            return None
        pose = self._steadied(target, own, prediction, moment, anchors)
        self.feet.look(pose.positions, prediction.contacts, self._floor.standing_at)
        expected = self._expected_errors(prediction, pose, moment)
        if moment.place is not None:
            pose = moment.place(pose)
            expected = np.hypot(expected, moment.astray())
        turned = quaternions(pose.world)
        valid = moment.tick.valid
        return BodyPose(
            stamp_ns=moment.tick.stamp_ns,
            frame_id=frame_id,
            local_rotations=turned[0],
            positions=pose.positions,
            world_rotations=turned[1],
            tracker_valid=valid,
            tracker_state=states,
            tracker_positions=np.where(valid[:, None], moment.measured, np.nan),
            confidence=confidence_from_sigma(expected),
            contacts=prediction.contacts,
            rest_offsets=self._rest_offsets,
            tracker_matrices=moment.measured_rotations,
        )

    def _posture(
        self, prediction: Prediction, moment: Moment, anchors: Anchors
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the network's own pose, hung from the head: (22, 3, 3) and (22, 3) m."""
        bones, head_link = self._rest_offsets, moment.rotations[HEAD_SLOT]
        valid, floor = moment.tick.valid, self._floor.standing_at
        world = world_rotations(prediction.local_rotations)
        if self._settings.smooth_posture:
            world = self._smoother.smooth(world, head_link)
        own = positions_from_head(world, bones, anchors.head)
        if self._network_leaps.look(moment.tick.index, own, moment.positions, valid):
            self._jumps.network_restarted()
        self._misfit.look(own, moment.positions[HAND_SLOTS], valid[HAND_SLOTS], floor)
        if self._settings.foot_lock and not anchors.met[PELVIS_SLOT]:
            settling = self.growing or not self._floor.settled
            hands = anchors.met[HAND_SLOTS]
            lifted = self._floor_bounds.lift(world, own, bones, head_link, floor, settling, hands)
            if lifted is not world:
                world, own = lifted, positions_from_head(lifted, bones, anchors.head)
        self._physique.meet(own, anchors.positions[HAND_SLOTS], anchors.met[HAND_SLOTS])
        return world, own

    def _fitted(
        self, world: np.ndarray, own: np.ndarray, moment: Moment, anchors: Anchors
    ) -> WorldPose:
        """Return the pose with its joints on their trackers, and turned as they are."""
        joints = joints_of_links(moment.rotations)
        world = with_tracked_rotations(world, joints, moment.tick.valid & self._turned)
        if anchors.met[BODY_SLOTS].any():
            target = fit(world, self._rest_offsets, anchors)
        else:
            # Turning the head and the wrists moves no joint.
            target = with_snapped_limbs(WorldPose(world, own), self._rest_offsets, anchors)
        if self._settings.foot_lock:
            target = with_elbows_above(target, self._floor.standing_at)
        return target

    def _steadied(
        self,
        target: WorldPose,
        own: np.ndarray,
        prediction: Prediction,
        moment: Moment,
        anchors: Anchors,
    ) -> WorldPose:
        """Return the pose with jumps faded out, feet locked, and elbows and knees bounded."""
        tick = moment.tick
        jump = self._jumps.look(tick.index, tick.sources, moment.positions, tick.epochs)
        if anchors.met[PELVIS_SLOT]:
            fitted, tracker = target.positions[0], anchors.positions[PELVIS_SLOT]
            jump = self._fit_watch.look(tick.index, fitted, tracker, jump)
            # Where the spine cannot take it to its tracker it is held to where it got.
            anchors = anchors.with_pelvis_of(target)
        pose = self._transition.follow(tick.index, target, anchors, jump)
        catching_up = self._transition.active or self.growing
        if self._settings.foot_lock:
            pose = self._foot_lock.hold(
                pose,
                prediction.contacts,
                tick.valid[FOOT_SLOTS],
                moving=catching_up,
                floor=self._floor.standing_at,
            )
        added = max(MAX_ADDED_SPEED, catching_up * self._settings.max_recovery_speed)
        return self._limb_bounds.bound(
            tick.index,
            pose,
            own,
            moment.positions,
            anchors.met,
            self._rest_offsets,
            added,
            jumped=jump is not None and (jump.head or not jump.slots.any()),
        )

    def _expected_errors(
        self, prediction: Prediction, pose: WorldPose, moment: Moment
    ) -> np.ndarray:
        """Return the position errors (22,), m, that are expected of a finished pose."""
        left = (pose.positions.take(_SLOT_JOINTS, 0) - moment.positions).tolist()
        return self._expected.sizes(
            prediction.position_sigma,
            moment.tick.valid,
            [math.hypot(*each) for each in left],
            self._misfit.hands,
            self._misfit.floor,
        )
