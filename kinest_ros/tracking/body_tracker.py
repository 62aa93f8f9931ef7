# SPDX-License-Identifier: Apache-2.0
"""From tracker poses to bodies: everything between the messages, free of ROS."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kinest_ros.body.finite import all_finite
from kinest_ros.body.joints import HEAD_SLOT
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.admission.gating import Rejection
from kinest_ros.tracking.admission.presence import Presence
from kinest_ros.tracking.asking import Ask, Asking, answered
from kinest_ros.tracking.body_pose import BodyPose, TrackerState
from kinest_ros.tracking.devices.exchanged_hands import other_hand, with_hands_exchanged
from kinest_ros.tracking.finishing import Finisher
from kinest_ros.tracking.frame import BadTrackerPose, TrackerFrame
from kinest_ros.tracking.intake import Intake
from kinest_ros.tracking.moment import Moment, MomentReader
from kinest_ros.tracking.sampling.resampler import TICK_RATE, Tick
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.tracking.stats import TrackerStats
from kinest_ros.tracking.steadying.floor_level import FloorLevel
from kinest_ros.tracking.wearer.feet_watch import FeetWatch
from kinest_ros.tracking.wearer.physique import Physique
from kinest_ros.tracking.wearer.wearer import Wearer

if TYPE_CHECKING:
    from kinest_ros.model.streaming import StreamingKineST
    from kinest_ros.runtime.predictor import Prediction, Predictor

__all__ = ["BadTrackerPose", "BodyTracker", "TrackerSettings", "TrackerStats"]

#: The network starts anew when the head was away for more ticks than this (1 s).
MAX_GAP_TICKS = TICK_RATE
#: Somebody else may wear the headset when the head was away for as many ticks (5 s).
OFF_TICKS = 5 * TICK_RATE


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
        arms_known: bool | None = None,
    ) -> None:
        """Set up a tracker with nothing received.

        Args:
            predictor: the network with its carried state.
            skeleton: the body's bone lengths.
            settings: see `TrackerSettings`; defaults where left out.
            estimate_stature: replace the skeleton by the default one of the stature that the
                head's height over time shows, and again when that changes (`StatureEstimator`).
            arms_known: the skeleton's arms are the wearer's own: they do not grow to hands that
                they do not reach (`ArmGrowth`). None: as `Skeleton.own` says.
        """
        self.predictor = predictor
        self.settings = settings = settings or TrackerSettings()
        self.stats = TrackerStats()
        self._physique = Physique(
            skeleton,
            estimate_stature,
            TICK_RATE,
            skeleton.own if arms_known is None else arms_known,
        )
        self._floor = FloorLevel(settings.floor_height, TICK_RATE)
        self._last_tick: int | None = None
        # The way of a sample.
        self._intake = Intake(settings, self.stats)
        self._reader = MomentReader(settings, self.stats)
        self._moments: deque[Moment] = deque(maxlen=predictor.lookahead + 1)
        self._finisher = Finisher(settings, self._physique, self._floor)
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
        return cls.of(predictor, who)

    @classmethod
    def of(cls, predictor: Predictor, who: Wearer) -> BodyTracker:
        """Return the tracker of a wearer, with a network that was told the skeleton."""
        tracker = cls(predictor, who.skeleton, who.settings, who.estimate_stature)
        if who.arm_growth != 1.0:
            tracker.wear(who.skeleton, who.settings, who.arm_growth)
        return tracker

    def wear(self, skeleton: Skeleton, settings: TrackerSettings, arm_growth: float = 1.0) -> None:
        """Go on with a wearer who has just become known; what was received so far stays.

        The network starts anew, and the body moves from where it was published to its new place
        and size at a bounded speed (`max_recovery_speed` and `MAX_GROWTH_SPEED`).

        Args:
            skeleton: the wearer's; it is not estimated any more.
            settings: mounts, floor and hands are taken from them; the rest stays.
            arm_growth: how much longer than the skeleton's the arms were found to be.
        """
        if settings.swap_hands != self.settings.swap_hands:
            self._intake.exchange_hands()
        self.settings = replace(
            self.settings,
            mounts=settings.mounts,
            hand_mounts=settings.hand_mounts,
            floor_height=settings.floor_height,
            swap_hands=settings.swap_hands,
        )
        self._reader.set_trackers(self.settings)
        nobody_saw = self._last_tick is None
        self._floor.height = settings.floor_height - self._reader.origin_height
        if nobody_saw:
            self._floor.be_at(self._floor.height)
        self._physique.become(skeleton, nobody_saw, arm_growth)
        self._finisher.set_bones(self._physique.rest_offsets)
        self._set_reach()
        self.predictor.set_skeleton(skeleton)
        self._restart_network()
        self._finisher.trackers_moved()

    @property
    def skeleton(self) -> Skeleton:
        """The wearer's skeleton; bodies may still be on their way to it (`rest_offsets`)."""
        return self._physique.described

    def remember_arms(self) -> float:
        """Begin with arms as long as they are now after each reset; return how much they grew.

        The factor is that of `Wearer.arm_growth`, over the arms of the skeleton that was given.
        """
        return self._physique.remember_arms()

    @property
    def stature_known(self) -> bool:
        """Whether the stature was given or could be estimated."""
        return self._physique.stature_known

    @property
    def rejections(self) -> list[Rejection]:
        """The trackers that the body did not follow at the last tick, out of reach as they are."""
        return self._reader.rejections

    @property
    def presence(self) -> Presence:
        """Whether somebody wears the trackers."""
        return self._intake.presence

    @property
    def feet(self) -> FeetWatch:
        """Whether the feet of somebody who stands are on the floor."""
        return self._finisher.feet

    def reset(self) -> None:
        """Forget all samples, the network's state and what was published; counters stay."""
        self._intake.reset()
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
        return answered(self.steps(frame), self.predictor)

    def steps(self, frame: TrackerFrame) -> Asking[list[BodyPose]]:
        """Take a frame as `push` does, but let another one answer what the predictor is asked.

        Until it has been answered to the end, nothing else may be asked of this tracker.

        Raises:
            BadTrackerPose: as `push`, before the first question.
        """
        try:
            return (yield from self._steps_worn(self.as_worn(frame)))
        except BadTrackerPose as error:
            raise BadTrackerPose(self.worn_slot(error.slot), str(error)) from None

    def push_worn(self, frame: TrackerFrame) -> list[BodyPose]:
        """Take a frame whose poses are under the wearer's slots (`as_worn`); otherwise as `push`.

        Raises:
            BadTrackerPose: as `push`, with the wearer's slot.
        """
        return answered(self._steps_worn(frame), self.predictor)

    def _steps_worn(self, frame: TrackerFrame) -> Asking[list[BodyPose]]:
        admitted = self._intake.admit(frame)
        if self._intake.clock_restarts(admitted):
            self._forget()
            self.stats.resets += 1
        bodies = []
        for tick in self._intake.ticks(admitted):
            body = yield from self._advance(tick)
            if body is not None:
                bodies.append(body)
        return bodies

    def _advance(self, tick: Tick) -> Asking[BodyPose | None]:
        """Step the network by one tick; return the body that is ready then, if any."""
        moment = self._reader.read(tick, self._floor.height)
        if self.presence.nobody_at(tick, float(moment.head[2]) - self._floor.height):
            return None
        self._let_time_pass(tick.index)
        self._moments.append(moment)
        self._look_at_stature(moment)
        origin = np.array((0.0, 0.0, self._floor.height))
        prediction = yield Ask(moment.positions - origin, moment.rotations, moment.tick.valid)
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

    def _let_time_pass(self, index: int) -> None:
        """Let bones grow and feet settle since the last tick, and note how long it was away."""
        last, self._last_tick = self._last_tick, index
        if last is None:
            return
        self._finisher.growing = self._physique.advance(index - last)
        self._floor.advance(index - last)
        missed = index - last - 1
        self.stats.head_lost += missed
        if missed >= OFF_TICKS:
            self._physique.headset_was_off()
        self._finisher.set_bones(self._physique.rest_offsets)
        if missed >= MAX_GAP_TICKS:
            self.stats.network_resets += 1
            self._restart_network()

    def _look_at_stature(self, moment: Moment) -> None:
        x, y, z = moment.head.tolist()
        upright = float(moment.rotations[HEAD_SLOT, 2, 2])
        height = z - self._floor.height
        if self._physique.look(moment.tick.index, height, upright, (x, y)):
            self.predictor.set_skeleton(self._physique.skeleton)
            self._set_reach()
            # The network sees everything in units of the wearer's size: its pose may jump.
            self._finisher.body_changed()

    def _body(self, prediction: Prediction, moment: Moment) -> BodyPose | None:
        states = self.presence.states(moment.tick).astype(np.int64)
        if moment.rejected.any():
            states[moment.rejected] = TrackerState.REJECTED
        return self._finisher.finish(prediction, moment, states, self._intake.frame_id or "")

    def _forget(self) -> None:
        """Begin anew with the next tick: nobody was seen."""
        self._last_tick = None
        self._reader.reset()
        self._floor.be_at(self.settings.floor_height)
        self._finisher.reset()
        self._restart_network()
        if self._physique.reset():
            self.predictor.set_skeleton(self._physique.skeleton)
        self._finisher.set_bones(self._physique.rest_offsets)
        self._set_reach()

    def _set_reach(self) -> None:
        estimated = self._physique.estimator is not None
        self._reader.set_reach(self._physique.skeleton, estimated, self.settings)

    def _restart_network(self) -> None:
        self.predictor.reset()
        self._moments.clear()
        self._finisher.network_restarted()


def _is_finite(prediction: Prediction) -> bool:
    return bool(
        all_finite(prediction.local_rotations)
        and all_finite(prediction.confidence)
        and all_finite(prediction.contacts)
    )
