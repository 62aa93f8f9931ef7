# SPDX-License-Identifier: Apache-2.0
"""From tracker poses to bodies: everything between the messages, free of ROS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.admission.gating import Rejection
from kinest_ros.tracking.asking import Asking, answered
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.devices.exchanged_hands import other_hand, with_hands_exchanged
from kinest_ros.tracking.finishing import Finisher
from kinest_ros.tracking.frame import BadTrackerPose, TrackerFrame
from kinest_ros.tracking.intake import Intake
from kinest_ros.tracking.moment import MomentReader
from kinest_ros.tracking.network import Network
from kinest_ros.tracking.sampling.resampler import TICK_RATE, Tick
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.tracking.stats import TrackerStats
from kinest_ros.tracking.steadying.floor_level import FloorLevel
from kinest_ros.tracking.wearer.physique import Physique
from kinest_ros.tracking.wearer.wearer import Wearer
from kinest_ros.tracking.wearing import Wearing

if TYPE_CHECKING:
    from kinest_ros.model.network import Network as Weights
    from kinest_ros.runtime.predictor import Predictor

__all__ = ["BadTrackerPose", "BodyTracker", "TrackerSettings", "TrackerStats"]

#: The network starts anew when the head was away for more ticks than this (1 s).
MAX_GAP_TICKS = TICK_RATE


class BodyTracker:
    """Whole-body tracker: push tracker frames as they come, get bodies at 60 Hz ticks.

    The result depends on the stamps and values of the frames alone, never on when they are
    pushed. Not thread-safe.

    Attributes:
        stats: what was received, dropped and lost.
        presence: whether somebody wears the trackers.
        feet: whether the feet of somebody who stands are on the floor.
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
        settings = settings or TrackerSettings()
        self.stats = TrackerStats()
        arms_known = skeleton.own if arms_known is None else arms_known
        self._physique = Physique(skeleton, estimate_stature, TICK_RATE, arms_known)
        self._floor = FloorLevel(settings.floor_height, TICK_RATE)
        self._intake = Intake(settings, self.stats)
        self._reader = MomentReader(settings, self.stats)
        self._finisher = Finisher(settings, self._physique, self._floor, predictor.error_model)
        self._network = Network(predictor, self.stats, self._finisher.network_restarted)
        self._wearing = Wearing(
            settings, self._physique, self._floor, self._reader, self._network, self._finisher
        )
        self.presence, self.feet = self._intake.presence, self._finisher.feet
        self._last_tick: int | None = None
        self._forget()

    @classmethod
    def build(
        cls,
        weights: str | Weights = "default",
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
            stature: body height in m; None or 0: it is estimated from head height over time.
            skeleton_file: .npz with rest_offsets (22, 3); comes before the stature.
            settings: see `TrackerSettings`.
            wearer: takes the place of stature, skeleton_file and settings, as
                `kinest_ros.calibration.wearer.wearer` makes one of a calibration.

        Raises:
            KinestError: missing or unreadable file, no such device, implausible stature.
        """
        from kinest_ros.model.device import resolve_device
        from kinest_ros.model.network import load_network
        from kinest_ros.runtime.predictor import StreamingPredictor

        who = wearer or Wearer.given(settings or TrackerSettings(), stature, skeleton_file)
        device = resolve_device(device)
        model = load_network(weights, device) if isinstance(weights, str) else weights
        return cls.of(StreamingPredictor(model, who.skeleton, device, runtime), who)

    @classmethod
    def of(cls, predictor: Predictor, who: Wearer) -> BodyTracker:
        """Return the tracker of a wearer, with a network that was told the skeleton."""
        tracker = cls(predictor, who.skeleton, who.settings, who.estimate_stature)
        if who.arm_growth != 1.0:
            tracker.wear(who.skeleton, who.settings, who.arm_growth)
        return tracker

    def wear(self, skeleton: Skeleton, settings: TrackerSettings, arm_growth: float = 1.0) -> None:
        """Go on with a wearer who has just become known; what was received so far stays.

        The network starts anew; the body gets to its new place and size at a bounded speed.

        Args:
            skeleton: the wearer's; it is not estimated any more.
            settings: mounts, floor and hands are taken from them; the rest stays.
            arm_growth: how much longer than the skeleton's the arms were found to be.
        """
        if settings.swap_hands != self.settings.swap_hands:
            self._intake.exchange_hands()
        self._wearing.become(skeleton, settings, arm_growth, at_once=self._last_tick is None)

    @property
    def settings(self) -> TrackerSettings:
        """Those given, with mounts, floor and hands of who wears the trackers now."""
        return self._wearing.settings

    @property
    def skeleton(self) -> Skeleton:
        """The wearer's skeleton; bodies may still be on their way to it (`rest_offsets`)."""
        return self._physique.described

    def remember_arms(self) -> float:
        """Keep the arms as long as they are now after a reset; return `Wearer.arm_growth`."""
        return self._physique.remember_arms()

    @property
    def stature_known(self) -> bool:
        """Whether the stature was given or could be estimated."""
        return self._physique.stature_known

    @property
    def rejections(self) -> list[Rejection]:
        """The trackers that the body did not follow at the last tick, out of reach as they are."""
        return self._reader.rejections

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
            admitted = self._intake.admit(self.as_worn(frame))
        except BadTrackerPose as error:
            raise BadTrackerPose(self.worn_slot(error.slot), str(error)) from None
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
        """Take a tick through all steps; return the body that is ready then, if any."""
        moment = self._reader.read(tick, self._floor.height)
        if self.presence.nobody_at(tick, self._wearing.height_of(moment)):
            return None
        self._let_time_pass(tick.index)
        self._wearing.look(moment)
        answer = yield from self._network.ask(moment, self._floor.height)
        if answer is None:
            return None
        prediction, moment = answer
        states = self.presence.states(moment.tick, moment.rejected)
        body = self._finisher.finish(prediction, moment, states, self._intake.frame_id or "")
        if body is None:
            self._network.not_finite()
        else:
            self.stats.ticks += 1
        return body

    def _let_time_pass(self, index: int) -> None:
        """Note how long ago the last tick was: after a gap the network's state is of no use."""
        last, self._last_tick = self._last_tick, index
        if last is None:
            return
        self._wearing.advance(index - last)
        missed = index - last - 1
        self.stats.head_lost += missed
        if missed >= MAX_GAP_TICKS:
            self._network.lost_track()

    def _forget(self) -> None:
        """Begin anew with the next tick: nobody was seen."""
        self._last_tick = None
        self._reader.reset()
        self._finisher.reset()
        self._network.restart()
        self._wearing.reset()
