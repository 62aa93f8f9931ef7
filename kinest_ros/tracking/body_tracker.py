# SPDX-License-Identifier: Apache-2.0
"""From tracker poses to bodies: everything between the messages, free of ROS."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import (
    BODY_SLOTS,
    FOOT_SLOTS,
    HAND_SLOTS,
    HEAD_SLOT,
    PELVIS_SLOT,
    SLOT_JOINTS,
    SLOTS,
)
from kinest_ros.body.rotations_numpy import matrices_from_quaternions, quaternions_from_matrices
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.confidence import confidence_from_sigma
from kinest_ros.model.error_model import Evidence
from kinest_ros.tracking.admission.fixed_frames import fixed_frame, quoted
from kinest_ros.tracking.admission.gating import Reach, ReachGate, Rejection
from kinest_ros.tracking.admission.presence import Presence
from kinest_ros.tracking.body_pose import BodyPose, TrackerState
from kinest_ros.tracking.devices.basis import basis_matrices
from kinest_ros.tracking.devices.device_mounts import MountTable
from kinest_ros.tracking.devices.exchanged_hands import other_hand, with_hands_exchanged
from kinest_ros.tracking.fitting.body_fit import (
    Anchors,
    WorldPose,
    fit,
    with_snapped_limbs,
    with_tracked_rotations,
)
from kinest_ros.tracking.fitting.posing import local_rotations, positions_from_head, world_rotations
from kinest_ros.tracking.frame import BadTrackerPose, TrackerFrame, checked_poses, devices_in
from kinest_ros.tracking.misfit import Misfit
from kinest_ros.tracking.sampling.resampler import TICK_RATE, Fate, Resampler, Tick
from kinest_ros.tracking.sampling.sample_track import Source
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.tracking.stats import TrackerStats
from kinest_ros.tracking.steadying.floor_bounds import FloorBounds
from kinest_ros.tracking.steadying.foot_lock import FootLock
from kinest_ros.tracking.steadying.jumps import JumpWatch
from kinest_ros.tracking.steadying.limb_bounds import MAX_ADDED_SPEED, LimbBounds
from kinest_ros.tracking.steadying.posture_smoothing import PostureSmoother
from kinest_ros.tracking.steadying.recentring import Place, Recentring
from kinest_ros.tracking.steadying.transition import Transition
from kinest_ros.tracking.wearer.feet_watch import FeetWatch
from kinest_ros.tracking.wearer.physique import Physique
from kinest_ros.tracking.wearer.wearer import Wearer

if TYPE_CHECKING:
    from kinest_ros.model.streaming import StreamingKineST
    from kinest_ros.runtime.predictor import Prediction, Predictor

__all__ = ["BadTrackerPose", "BodyTracker", "TrackerSettings", "TrackerStats"]

_SLOT_JOINTS = np.array(SLOT_JOINTS)
#: The network starts anew when the head was away for more ticks than this (1 s).
MAX_GAP_TICKS = TICK_RATE
#: Somebody else may wear the headset when the head was away for as many ticks (5 s).
OFF_TICKS = 5 * TICK_RATE
#: Most that the floor under the feet moves per tick when it turns out to be elsewhere, m: straight
#: legs that are lifted bend their knees much faster than that.
FLOOR_STEP = 0.15 / TICK_RATE


@dataclass(frozen=True)
class _Moment:
    """A tick with the link poses its trackers stand for: (6, 3) m and (6, 3, 3).

    The tick has those rejected (6,) bool as lost. Both are in the frame of the session
    (`Recentring`), which is published at a place; `measured` are the positions in the trackers'
    frame.
    """

    tick: Tick
    positions: np.ndarray
    rotations: np.ndarray
    rejected: np.ndarray
    measured: np.ndarray
    place: Place | None


class BodyTracker:
    """Whole-body tracker: push tracker frames as they come, get bodies at 60 Hz ticks.

    The result depends on the stamps and values of the frames alone, never on when they are
    pushed. Not thread-safe.
    """

    def __init__(
        self,
        predictor: Predictor,
        skeleton: Skeleton,
        settings: TrackerSettings | None = None,
        estimate_stature: bool = False,
    ) -> None:
        """Set up a tracker with nothing received.

        Args:
            predictor: the network with its carried state.
            skeleton: the body's bone lengths.
            settings: see `TrackerSettings`; defaults where left out.
            estimate_stature: replace the skeleton by the default one of the stature that the
                head's height over time shows, and again when that changes (`StatureEstimator`).
        """
        self.predictor = predictor
        self.settings = settings = settings or TrackerSettings()
        self.stats = TrackerStats()
        self._physique = Physique(skeleton, estimate_stature, TICK_RATE)
        self.presence = Presence(settings.frozen_timeout)
        self.feet = FeetWatch()
        self._resampler = Resampler(
            [settings.timeout_of(slot) for slot in SLOTS], settings.patience
        )
        self._smoother = PostureSmoother(TICK_RATE)
        self._misfit = Misfit(TICK_RATE)
        self._gate = ReachGate(TICK_RATE)
        bones = self._physique.rest_offsets
        self._foot_lock = FootLock(bones, TICK_RATE)
        self._limb_bounds = LimbBounds(TICK_RATE)
        self._floor_bounds = FloorBounds(TICK_RATE)
        self._transition = Transition(bones, settings.max_recovery_speed, TICK_RATE)
        self._recentring = Recentring(settings.max_recovery_speed, TICK_RATE)
        self._read(settings)
        self._moments: deque[_Moment] = deque(maxlen=predictor.lookahead + 1)
        self._frame_id: str | None = None
        self._last_tick: int | None = None
        self._jumps = JumpWatch(TICK_RATE)
        self._forget()

    @classmethod
    def build(
        cls,
        weights: str | StreamingKineST = "default",
        device: str = "auto",
        runtime: str = "auto",
        stature: float | None = None,
        skeleton_file: str | Path | None = None,
        settings: TrackerSettings | None = None,
        wearer: Wearer | None = None,
    ) -> BodyTracker:
        """Load the weights and the skeleton and return a tracker.

        Args:
            weights: name of bundled weights, the path of a weights file, or a network that is
                loaded already, to be shared.
            device: "auto", "cpu" or "cuda".
            runtime: how the network runs there, one of `kinest_ros.runtime.base.RUNTIMES`.
            stature: body height in m, for the default skeleton; None or 0 where it is not known:
                then it is estimated from the head's height over time.
            skeleton_file: .npz with rest_offsets (22, 3); comes before the stature.
            settings: see `TrackerSettings`.
            wearer: takes the place of stature, skeleton_file and settings, as
                `kinest_ros.calibration.wearer.wearer` makes one of a calibration.

        Raises:
            KinestError: missing or unreadable file, no such device, implausible stature.
        """
        from kinest_ros.model.weights import load_model, resolve_device
        from kinest_ros.runtime.predictor import StreamingPredictor

        who = wearer or Wearer.given(settings or TrackerSettings(), stature, skeleton_file)
        device = resolve_device(device)
        model = load_model(weights, device) if isinstance(weights, str) else weights
        predictor = StreamingPredictor(model, who.skeleton, device, runtime)
        return cls(predictor, who.skeleton, who.settings, who.estimate_stature)

    def wear(self, skeleton: Skeleton, settings: TrackerSettings) -> None:
        """Go on with a wearer who has just become known; what was received so far stays.

        The network starts anew, and the body moves from where it was published to its new place
        and size at a bounded speed (`max_recovery_speed` and `MAX_GROWTH_SPEED`).

        Args:
            skeleton: the wearer's; it is not estimated any more.
            settings: mounts, floor and hands are taken from them; the rest stays.
        """
        if settings.swap_hands != self.settings.swap_hands:
            hands = SLOTS[HAND_SLOTS]
            indices = tuple(map(SLOTS.index, hands))
            self._resampler.exchange(*indices)
            self.presence.exchange(*indices)
            self.stats.exchange(*hands)
        self.settings = replace(
            self.settings,
            mounts=settings.mounts,
            hand_mounts=settings.hand_mounts,
            floor_height=settings.floor_height,
            swap_hands=settings.swap_hands,
        )
        self._read(self.settings)
        nobody_saw = self._last_tick is None
        if nobody_saw:
            self._standing_at = settings.floor_height
        self._physique.become(skeleton, at_once=nobody_saw)
        self._set_bones()
        self._set_reach()
        self.predictor.set_skeleton(skeleton)
        self._restart_network()
        self._jumps.trackers_moved()
        self._recentring.trackers_moved()

    @property
    def skeleton(self) -> Skeleton:
        """The wearer's skeleton; bodies may still be on their way to it (`rest_offsets`)."""
        return self._physique.skeleton

    @property
    def stature_known(self) -> bool:
        """Whether the stature was given or could be estimated."""
        return self._physique.stature_known

    @property
    def rejections(self) -> list[Rejection]:
        """The trackers that the body did not follow at the last tick, out of reach as they are."""
        return self._gate.rejections

    def reset(self) -> None:
        """Forget all samples, the network's state and what was published; counters stay."""
        self._resampler.reset()
        self.presence.reset()
        self._forget()
        self.stats.resets += 1

    def worn_slot(self, slot: str) -> str:
        """Return the wearer's slot of what is called so: the other one for exchanged hands."""
        return other_hand(slot) if self.settings.swap_hands else slot

    def as_worn(self, frame: TrackerFrame) -> TrackerFrame:
        """Return a frame as received with its poses under the wearer's slots."""
        return with_hands_exchanged(frame) if self.settings.swap_hands else frame

    def push(self, frame: TrackerFrame) -> list[BodyPose]:
        """Take a frame as received and return the bodies of the ticks it completes, oldest first.

        Raises:
            BadTrackerPose: unknown slot, values that are not finite, quaternion of length zero,
                position more than 1 km away, another fixed frame than before. Nothing of the
                frame is taken then; the slot at fault is in the error, as the frame has it.
        """
        try:
            return self.push_worn(self.as_worn(frame))
        except BadTrackerPose as error:
            raise BadTrackerPose(self.worn_slot(error.slot), str(error)) from None

    def push_worn(self, frame: TrackerFrame) -> list[BodyPose]:
        """Take a frame whose poses are under the wearer's slots (`as_worn`); otherwise as `push`.

        Raises:
            BadTrackerPose: as `push`, with the wearer's slot.
        """
        try:
            poses = checked_poses(frame)
            self._check_frame_id(frame)
            devices = devices_in(frame)
        except BadTrackerPose as error:
            if error.slot in self.stats.dropped_invalid:
                self.stats.dropped_invalid[error.slot] += 1
            raise
        poses = dict(self.presence.admit(frame, poses, self.stats))
        if self._resampler.jumped_back(frame.stamp_ns, poses):
            self._resampler.begin_anew(frame.stamp_ns)
            self._forget()
            self.stats.resets += 1
        self._settle_frame_id(frame, HEAD_SLOT in poses)
        ticks, fates = self._resampler.push(frame.stamp_ns, poses, devices)
        self._count(fates)
        bodies = (self._advance(tick) for tick in ticks)
        return [body for body in bodies if body is not None]

    def _forget(self) -> None:
        self._frame_id = None
        self._head_frame_known = False
        self._last_tick = None
        self._growing = False
        self.presence.clock_restarted()
        self.feet.reset()
        self._transition.reset()
        self._foot_lock.reset()
        self._limb_bounds.reset()
        self._floor_bounds.reset()
        self._recentring.reset()
        self._find_floor()
        self._jumps.reset()
        self._gate.reset()
        self._restart_network()
        if self._physique.reset():
            self.predictor.set_skeleton(self.skeleton)
        self._set_bones()
        self._set_reach()
        self._standing_at = self.settings.floor_height

    def _set_bones(self) -> None:
        self._transition.set_bones(self._physique.rest_offsets)
        self._foot_lock.set_bones(self._physique.rest_offsets)

    def _set_reach(self) -> None:
        estimated = self._physique.estimator is not None
        self._gate.set_reach(Reach.of(self.skeleton, estimated, self.settings.mounts))

    def _read(self, settings: TrackerSettings) -> None:
        """Prepare what the ticks need of the settings."""
        self._basis, self._vector_basis = basis_matrices(settings.input_basis)
        self._mounts = MountTable(settings.mounts, settings.hand_mounts)
        self._find_floor()
        # The slots whose joints are moved onto their trackers, and turned as they are.
        self._met = np.array([True, *2 * [settings.snap_wrists], *3 * [settings.snap_body]])
        self._turned = np.array([*3 * [settings.snap_rotations], *3 * [settings.snap_body]])

    def _find_floor(self) -> None:
        """Note where the floor is in the frame of the session."""
        self._floor = np.array((0.0, 0.0, self.settings.floor_height - self._recentring.height))

    def _look_at_stature(self, moment: _Moment) -> None:
        height = float(moment.positions[HEAD_SLOT, 2] - self._floor[2])
        upright = float(moment.rotations[HEAD_SLOT, 2, 2])
        place = (float(moment.positions[HEAD_SLOT, 0]), float(moment.positions[HEAD_SLOT, 1]))
        if self._physique.look(moment.tick.index, height, upright, place):
            self.predictor.set_skeleton(self.skeleton)
            self._set_reach()
            # The network sees everything in units of the wearer's size: its pose may jump.
            self._jumps.network_restarted()

    def _restart_network(self) -> None:
        self.predictor.reset()
        self._smoother.reset()
        self._misfit.reset()
        self._moments.clear()
        self._jumps.network_restarted()

    def _settle_frame_id(self, frame: TrackerFrame, head: bool) -> None:
        """Note the frame the body is tracked in: the head's, whoever is heard first."""
        if self._head_frame_known or not frame.poses:
            return
        name = fixed_frame(frame.frame_id)
        if head and self._frame_id not in (None, name):
            self._resampler.reset()  # what others sent before is somewhere else
        self._frame_id, self._head_frame_known = name, head

    def _check_frame_id(self, frame: TrackerFrame) -> None:
        if not self._head_frame_known and "head" in frame.poses:
            return
        if frame.poses and self._frame_id not in (None, fixed_frame(frame.frame_id)):
            slot = next(iter(frame.poses))
            raise BadTrackerPose(
                slot,
                f"{slot}: frame_id is {quoted(frame.frame_id)}, but the body is tracked in "
                f"'{self._frame_id}'; give all trackers in one frame, and reset after changing it",
            )

    def _count(self, fates: dict[int, Fate]) -> None:
        for index, fate in fates.items():
            slot = SLOTS[index]
            self.stats.received[slot] += 1
            self.stats.dropped_outlier[slot] = self._resampler.outliers(index)
            if fate is Fate.DUPLICATE:
                self.stats.dropped_duplicate[slot] += 1
            elif fate is Fate.LATE:
                self.stats.dropped_late[slot] += 1

    def _advance(self, tick: Tick) -> BodyPose | None:
        """Step the network by one tick; return the body that is ready then, if any."""
        moment = self._moment(tick)
        height = float(moment.positions[HEAD_SLOT, 2] - self._floor[2])
        if self.presence.nobody_at(tick, height):
            return None
        if self._last_tick is not None:
            passed = tick.index - self._last_tick
            self._growing = self._physique.advance(passed)
            if self._growing:
                self._set_bones()
            self._standing_at += float(
                np.clip(
                    self._floor[2] - self._standing_at, -FLOOR_STEP * passed, FLOOR_STEP * passed
                )
            )
            missed = tick.index - self._last_tick - 1
            self.stats.head_lost += missed
            if missed >= OFF_TICKS:
                self._physique.headset_was_off()
            if missed >= MAX_GAP_TICKS:
                self.stats.network_resets += 1
                self._restart_network()
        self._last_tick = tick.index
        self._moments.append(moment)
        self._look_at_stature(moment)
        prediction = self.predictor.step(
            moment.positions - self._floor, moment.rotations, moment.tick.valid
        )
        body = None
        if _is_finite(prediction):
            if len(self._moments) <= self.predictor.lookahead:
                return None
            body = self._body(prediction, self._moments[0])
        if body is None:
            self.stats.not_finite += 1
            self.stats.network_resets += 1
            self._restart_network()
            return None
        self.stats.ticks += 1
        return body

    def _moment(self, tick: Tick) -> _Moment:
        """Return the tick with basis and mounts applied, and what is out of reach left out."""
        quaternions = tick.quaternions.copy()
        quaternions[:, :3] = quaternions[:, :3] @ self._vector_basis.T
        tracker_rotations = matrices_from_quaternions(quaternions)
        positions = tick.positions @ self._basis.T
        places, turns = self._mounts.of(tick.devices)
        positions += (tracker_rotations @ places)[..., 0]
        rotations = tracker_rotations @ turns
        rejected = self._gate.look(positions, tick.valid)
        if rejected.any():
            tick = replace(tick, sources=np.where(rejected, Source.LOST, tick.sources))
        looked = self._recentring.look(tick.index, positions, rotations, tick.sources)
        if self._recentring.happened is not None:
            self.stats.note_recentring(*self._recentring.happened)
        return _Moment(tick, *looked[:2], rejected, positions, looked[2])

    def _body(self, prediction: Prediction, moment: _Moment) -> BodyPose | None:
        """Fit the predicted body to the trackers; None where the result is not finite."""
        tick, valid = moment.tick, moment.tick.valid
        world = world_rotations(prediction.local_rotations)
        if self.settings.smooth_posture:
            world = self._smoother.smooth(world, moment.rotations[HEAD_SLOT])
        anchors = Anchors(moment.positions, valid & self._met)
        bones = self._physique.rest_offsets
        own = positions_from_head(world, bones, anchors.head)
        self._misfit.look(own, moment.positions[HAND_SLOTS], valid[HAND_SLOTS], self._standing_at)
        if self.settings.foot_lock and not anchors.met[PELVIS_SLOT]:
            head_link = moment.rotations[HEAD_SLOT]
            lifted = self._floor_bounds.lift(
                world, own, bones, head_link, self._standing_at, self._settling
            )
            if lifted is not world:
                world, own = lifted, positions_from_head(lifted, bones, anchors.head)
        joints = moment.rotations @ JOINT_FROM_LINK.T
        world = with_tracked_rotations(world, joints, valid & self._turned)
        if anchors.met[BODY_SLOTS].any():
            target = fit(world, bones, anchors)
        else:
            # Turning the head and the wrists moves no joint.
            target = with_snapped_limbs(WorldPose(world, own), bones, anchors)
        if not (np.isfinite(target.world).all() and np.isfinite(target.positions).all()):
            return None
        jump = self._jumps.look(tick.index, tick.sources, moment.positions, tick.epochs)
        if anchors.met[PELVIS_SLOT]:
            # Where the spine cannot take it to its tracker it is held to where it got.
            anchors = anchors.with_pelvis_of(target)
        pose = self._transition.follow(tick.index, target, anchors, jump)
        if self.settings.foot_lock:
            pose = self._foot_lock.hold(
                pose,
                prediction.contacts,
                valid[FOOT_SLOTS],
                moving=self._transition.active or self._growing,
                floor=self._standing_at,
            )
        pose = self._limb_bounds.bound(
            tick.index, pose, own, moment.positions, anchors.met, bones, self._most_added()
        )
        self.feet.look(pose.positions, prediction.contacts, self._standing_at)
        expected = self._expected_errors(prediction, pose, moment)
        if moment.place is not None:
            pose = moment.place(pose)
        quaternions = quaternions_from_matrices(np.stack((local_rotations(pose.world), pose.world)))
        return BodyPose(
            stamp_ns=tick.stamp_ns,
            frame_id=self._frame_id or "",
            local_rotations=quaternions[0],
            positions=pose.positions,
            world_rotations=quaternions[1],
            tracker_valid=valid,
            tracker_state=np.where(
                moment.rejected, TrackerState.REJECTED, self.presence.states(tick)
            ),
            tracker_positions=np.where(valid[:, None], moment.measured, np.nan),
            confidence=confidence_from_sigma(expected),
            contacts=prediction.contacts,
            rest_offsets=self._physique.rest_offsets,
        )

    @property
    def _settling(self) -> bool:
        """Whether bones or the floor are on their way to those of the wearer."""
        return self._growing or self._standing_at != self._floor[2]

    def _most_added(self) -> float:
        """Return the speed, m/s, that is added to elbows and knees at the most."""
        catching_up = self._transition.active or self._growing
        return max(MAX_ADDED_SPEED, catching_up * self.settings.max_recovery_speed)

    def _expected_errors(
        self, prediction: Prediction, pose: WorldPose, moment: _Moment
    ) -> np.ndarray:
        """Return the position errors (22,), m, that are expected of a finished pose."""
        left = pose.positions[_SLOT_JOINTS] - moment.positions
        evidence = Evidence(
            prediction.position_sigma,
            moment.tick.valid,
            np.sqrt(np.square(left).sum(axis=-1)),
            np.asarray(self._misfit.hands),
            np.asarray(self._misfit.floor),
        )
        return prediction.error_model.sizes(evidence)


def _is_finite(prediction: Prediction) -> bool:
    return bool(
        np.isfinite(prediction.local_rotations).all()
        and np.isfinite(prediction.confidence).all()
        and np.isfinite(prediction.contacts).all()
    )
