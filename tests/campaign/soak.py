# SPDX-License-Identifier: Apache-2.0
"""Hours of stream time through one tracker and one robot's retargeter, with faults all the way.

python -m tests.campaign.soak --hours 1

Streams with any faults, headset recordings and clean motion follow each other on one clock. Every
so often the same clean stretch is played to the used tracker and to one that has just been made:
what differs is drift. Compared are bodies and computing time, frame by frame in turn, so that a
busy machine slows both.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from kinest_ros.body.joints import SLOTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.formats.recordings.aframe import read_aframe
from kinest_ros.model.weights import load_model
from kinest_ros.retarget.live.live import LiveRetargeter
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.retargeter import Retargeter
from kinest_ros.retarget.targets.human import Human
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame
from kinest_ros.tracking.settings import TrackerSettings
from tests.campaign.driving import push
from tests.campaign.invariants import MOST_CARRIED, Watch
from tests.campaign.streams import Spec, as_frames, random_spec, stream

RECORDINGS = Path(__file__).resolve().parents[1] / "data" / "headset"
STATURE = 1.7
#: s of a clean stretch, and of its end that is compared: a carried state has settled by then.
PROBE, COMPARED = 12.0, 4.0
#: The most that memory may grow from the middle third to the last, as a share.
MOST_GROWTH = 0.02
_BEGIN_NS = 1_700_000_000_000_000_000


@dataclass
class Checkpoint:
    """What a clean stretch showed.

    Attributes:
        bodies: made until then.
        memory_mb: of the process.
        carried: numbers that the tracker carries, the network apart.
        ms: CPU time per body of the used tracker, and of the fresh one beside it.
        drift_cm: mean distance of joints between the two at the end of the stretch.
        robot_ms: likewise, of a robot's sample: the used retargeter and a fresh one.
        exact: whether, after a reset, the used one gives the fresh one's bodies to the last bit.
    """

    bodies: int
    memory_mb: float
    carried: int
    ms: tuple[float, float]
    drift_cm: float
    robot_ms: tuple[float, float]
    exact: bool


@dataclass
class Soak:
    """One tracker and one retargeter, and all that they went through."""

    seed: int
    seconds: float = 6.0
    bodies: int = 0
    streams: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._model = load_model("default")
        self._skeleton = Skeleton.from_stature(STATURE)
        self._fresh_predictor = StreamingPredictor(self._model, self._skeleton, "cpu", "auto")
        own = StreamingPredictor(self._model, self._skeleton, "cpu", "auto")
        self.tracker = BodyTracker(own, self._skeleton, TrackerSettings())
        self.robot = Robot.load()
        self.live = LiveRetargeter(Retargeter(self.robot))
        self._watch = Watch(self.tracker)
        self._clock_ns, self._sent = _BEGIN_NS, 0
        self._rng = np.random.default_rng(self.seed)
        self._recordings = [
            list(read_aframe(path).frames())
            for path in sorted(RECORDINGS.glob("*.json"))
            if path.name != "events.json"
        ]

    @property
    def streamed(self) -> float:
        """Seconds of stream time so far."""
        return (self._clock_ns - _BEGIN_NS) * 1e-9

    def faulty(self) -> None:
        """Play any stream with any faults, or a recording; then nobody sends for a while."""
        if self._recordings and self._rng.random() < 0.2:
            frames = self._recordings[self._rng.integers(len(self._recordings))]
            first = frames[0].stamp_ns
            self.streams["recordings"] += 1
            seconds = (frames[-1].stamp_ns - first) * 1e-9
            for frame in frames:
                self._push(replace(frame, stamp_ns=frame.stamp_ns - first + self._clock_ns))
        else:
            spec = replace(
                random_spec(int(self._rng.integers(2**31)), self.seconds),
                stature=STATURE, known=True,
            )  # fmt: skip
            self.streams["streams"] += 1
            self.streams["faults"] += len(spec.faults)
            steps, seconds = stream(spec), spec.seconds
            first = steps[0].samples[0].stamp_ns if steps and steps[0].samples else 0
            for step in steps:
                if step.act == ("reset",):
                    self.tracker.reset()
                    self._watch.acted()
                for frame in as_frames(step, True, None):
                    self._push(self._shifted(frame, first))
            if any(fault.kind == "recentred" for fault in spec.faults):
                # The next stream is where this one began; nobody recentres back.
                self.tracker.reset()
                self._watch.acted()
        pause = float(self._rng.choice((0.0, 0.3, 2.0, 7.0)))
        self._clock_ns += round((seconds + pause) * 60.0) // 60 * 1_000_000_000 + 1_000_000_000

    def probe(self) -> Checkpoint:
        """Play clean motion to the used ones and to fresh ones, frame by frame in turn.

        Whoever comes second finds code and weights in the caches, so each comes first in turn.
        """
        frames = self._clean()
        fresh = self._fresh()
        live = LiveRetargeter(Retargeter(self.robot))
        spent, robot = np.zeros(2), np.zeros(2)
        pairs: list[tuple[BodyPose, BodyPose]] = []
        made = 0
        trackers, lives = (self.tracker, fresh), (self.live, live)
        for number, frame in enumerate(frames):
            order = (0, 1) if number % 2 else (1, 0)
            bodies: list[list[BodyPose]] = [[], []]
            for which in order:
                begin = time.thread_time()
                bodies[which] = trackers[which].push(frame)
                spent[which] += time.thread_time() - begin
            own, other = bodies
            made += len(other)
            self._watch.look(own)
            self.bodies += len(own)
            by_stamp = {body.stamp_ns: body for body in other}
            pairs += [(b, by_stamp[b.stamp_ns]) for b in own if b.stamp_ns in by_stamp]
            for which in order:
                for body in bodies[which]:
                    robot[which] += self._send(lives[which], body)
        end = frames[-1].stamp_ns - round(COMPARED * 1e9)
        apart = [abs(a.positions - b.positions) for a, b in pairs if a.stamp_ns >= end]
        drift = float(np.linalg.norm(np.array(apart), axis=-1).mean()) * 100.0 if apart else 1e9
        self._clock_ns = frames[-1].stamp_ns // 1_000_000_000 * 1_000_000_000 + 2_000_000_000
        exact = self._exact()
        gc.collect()
        ms = tuple((spent / max(made, 1) * 1e3).tolist())
        robot_ms = tuple((robot / max(made, 1) * 1e3).tolist())
        found = Checkpoint(
            self.bodies, _memory_mb(), self._watch.carried(), ms, drift, robot_ms, exact
        )
        if found.carried > MOST_CARRIED:
            self.broken.append(f"{found.carried} numbers are carried")
        self.broken += [str(each) for each in self._watch.found]
        self._watch.found.clear()
        self.checkpoints.append(found)
        return found

    def _exact(self) -> bool:
        """Reset the used tracker, and compare it with a fresh one from then on."""
        self.tracker.reset()
        self._watch.acted()
        fresh = self._fresh()
        same, count = True, 0
        for frame in self._clean()[:240]:
            own, other = self.tracker.push(frame), fresh.push(frame)
            self._watch.look(own)
            count += len(own)
            same &= len(own) == len(other) and all(
                np.array_equal(a.positions, b.positions)
                and np.array_equal(a.local_rotations, b.local_rotations)
                for a, b in zip(own, other, strict=True)
            )
            self._clock_ns = frame.stamp_ns // 1_000_000_000 * 1_000_000_000 + 2_000_000_000
        self.bodies += count
        return same and count > 0

    def _fresh(self) -> BodyTracker:
        self._fresh_predictor.set_skeleton(self._skeleton)
        return BodyTracker(self._fresh_predictor, self._skeleton, TrackerSettings())

    def _clean(self) -> list[TrackerFrame]:
        spec = Spec("walking", 0, PROBE, 60.0, SLOTS[:3], STATURE, True, 0.3)
        frames = [frame for step in stream(spec) for frame in as_frames(step, True, None)]
        return [self._shifted(frame, frames[0].stamp_ns) for frame in frames]

    def _shifted(self, frame: TrackerFrame, first_ns: int) -> TrackerFrame:
        return replace(frame, stamp_ns=frame.stamp_ns - first_ns + self._clock_ns)

    def _push(self, frame: TrackerFrame) -> None:
        bodies = push(self.tracker, frame)
        self._watch.look(bodies)
        self.bodies += len(bodies)
        for body in bodies:
            self._send(self.live, body)

    def _send(self, live: LiveRetargeter, body: BodyPose) -> float:
        """Let a retargeter follow a body; return the CPU time, s, and check what it sends."""
        begin = time.thread_time()
        sample = live.on_body(Human.from_body(body), body.stamp_ns, body.stamp_ns * 1e-9)
        spent = time.thread_time() - begin
        if sample is not None and live is self.live:
            values = (sample.joints, sample.velocities, sample.base_position, sample.base_rotation)
            if not all(np.isfinite(value).all() for value in values):
                self.broken.append(f"robot at {self.streamed:.1f} s: not finite")
            if sample.stamp_ns <= self._sent and self._sent - sample.stamp_ns < 500_000_000:
                self.broken.append(f"robot at {self.streamed:.1f} s: stamps do not rise")
            self._sent = sample.stamp_ns
        return spent

    def verdict(self) -> list[str]:
        """Return what did not hold."""
        found = list(self.broken)
        found += [f"not exact after {c.bodies} bodies" for c in self.checkpoints if not c.exact]
        third = len(self.checkpoints) // 3
        if third:
            middle, last = (
                float(np.mean([c.memory_mb for c in part]))
                for part in (self.checkpoints[third : 2 * third], self.checkpoints[-third:])
            )
            if last > middle * (1.0 + MOST_GROWTH):
                found.append(f"memory grew from {middle:.1f} to {last:.1f} MB")
        return found


def _memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=1.0, help="of stream time")
    parser.add_argument("--minutes", type=float, default=1e9, help="at most, by the wall's clock")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--between", type=int, default=8, help="streams between clean stretches")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    soak = Soak(chosen.seed)
    until = time.monotonic() + 60.0 * chosen.minutes
    while soak.streamed < 3600.0 * chosen.hours and time.monotonic() < until:
        for _ in range(chosen.between):
            soak.faulty()
        c = soak.probe()
        print(
            f"{soak.streamed / 3600.0:6.2f} h {c.bodies:9d} bodies {c.memory_mb:7.1f} MB "
            f"{c.carried:6d} numbers; ms used/fresh: tracker {c.ms[0]:.2f}/{c.ms[1]:.2f}, robot "
            f"{c.robot_ms[0]:.2f}/{c.robot_ms[1]:.2f}; {c.drift_cm:.3f} cm apart; "
            f"{'exact' if c.exact else 'NOT EXACT'} after a reset",
            flush=True,
        )
    half = len(soak.checkpoints) // 2
    ratios = np.array([c.ms[0] / c.ms[1] for c in soak.checkpoints])
    print(", ".join(f"{count} {name}" for name, count in soak.streams.items()))
    print(
        f"time per body, used / fresh: {ratios.mean():.3f}, second half {ratios[half:].mean():.3f}"
    )
    found = soak.verdict()
    print(f"broken: {len(found)} times" if found else "broken: nothing")
    for each in found[:20]:
        print(f"  {each}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
