# SPDX-License-Identifier: Apache-2.0
"""Streams of tracker samples with faults in them, made from a seed: the same again every time."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace

import numpy as np

from kinest_ros.body.joints import SLOTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import tracker_frames
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

PERFORMANCES = ("everything", "standing", "reaching", "squatting", "sitting", "kneeling",
                "stances", "walking")  # fmt: skip
SUBSETS = (
    SLOTS[:3], SLOTS, SLOTS[:1], SLOTS[:2], (SLOTS[0], SLOTS[2]), SLOTS[:4],
    (*SLOTS[:3], *SLOTS[4:]),
    (SLOTS[0], SLOTS[3]), (SLOTS[0], *SLOTS[4:]), (SLOTS[0], SLOTS[1], SLOTS[3], SLOTS[5]),
)  # fmt: skip
STATURES = (1.45, 1.70, 1.95)


@dataclass
class Sample:
    """One pose of one tracker; faults change it in place."""

    slot: str
    stamp_ns: int
    position: np.ndarray
    quaternion: np.ndarray
    device: str = ""
    frame_id: str = "world"


@dataclass
class Step:
    """What comes at one moment: samples, and what is done to the tracker before they are pushed.

    Attributes:
        time: s since the beginning, by the clock of the wall.
        samples: in the order of their arrival.
        worn: what the headset says.
        act: "reset", or ("wear", stature, floor height, hands exchanged).
    """

    time: float
    samples: list[Sample]
    worn: bool | None = None
    act: tuple | None = None


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, when it begins and ends (s), and the seed of its numbers."""

    kind: str
    start: float
    end: float
    seed: int

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)


@dataclass(frozen=True)
class Spec:
    """What makes a stream; printed, it is the reproduction."""

    performance: str
    seed: int
    seconds: float
    rate: float
    slots: tuple[str, ...]
    stature: float
    known: bool
    noise: float
    faults: tuple[Fault, ...] = field(default_factory=tuple)

    def without(self, index: int) -> Spec:
        return replace(self, faults=self.faults[:index] + self.faults[index + 1 :])


def random_spec(seed: int, seconds: float = 6.0) -> Spec:
    """Return any stream, with none to six faults of any kinds."""
    from tests.campaign.faults import FAULTS

    rng = np.random.default_rng(seed)
    kinds = sorted(FAULTS)
    faults = []
    for _ in range(rng.integers(0, 7)):
        start = rng.uniform(0.3, seconds)
        length = rng.choice((0.05, 0.3, 1.0, 3.0)) * rng.uniform(0.5, 1.5)
        faults.append(Fault(str(rng.choice(kinds)), round(float(start), 3),
                            round(float(start + length), 3), int(rng.integers(2**31))))  # fmt: skip
    return Spec(
        str(rng.choice(PERFORMANCES)),
        int(rng.integers(4)),
        seconds,
        float(rng.choice((30.0, 60.0, 72.0, 90.0, 120.0))),
        SUBSETS[rng.choice(len(SUBSETS), p=[0.35, 0.2, *[0.45 / 8] * 8])],
        float(rng.choice(STATURES)),
        bool(rng.integers(2)),
        float(rng.choice((0.0, 0.3, 1.0))),
        tuple(faults),
    )


@functools.lru_cache(32)
def _motion(performance: str, seed: int, seconds: float, stature: float):
    return generate(performance, Skeleton.from_stature(stature), seed, max(seconds, 4.0))


def stream(spec: Spec) -> list[Step]:
    """Return the steps of a stream with its faults."""
    from tests.campaign.faults import FAULTS

    motion = _motion(spec.performance, spec.seed, spec.seconds, spec.stature)
    skeleton = Skeleton.from_stature(spec.stature)
    noise = max(spec.noise, 0.02)  # without any, still people would count as frozen
    frames = tracker_frames(motion, skeleton, spec.rate, spec.slots, noise, spec.seed)
    begin = frames[0].stamp_ns
    steps = [
        Step(
            (frame.stamp_ns - begin) * 1e-9,
            [
                Sample(slot, frame.stamp_ns, np.array(pose.position), np.array(pose.quaternion))
                for slot, pose in frame.poses.items()
            ],
        )
        for frame in frames
        if (frame.stamp_ns - begin) * 1e-9 < spec.seconds
    ]
    for fault in spec.faults:
        steps = FAULTS[fault.kind](steps, fault)
    return steps


def as_frames(step: Step, bundled: bool, rng: np.random.Generator | None = None):
    """Return the frames of a step: as many as there are stamps, or one for each sample.

    Args:
        step: its samples.
        bundled: samples of one stamp, frame and slot apart come in one frame.
        rng: puts samples of equal stamps that come after each other in any order.
    """
    samples = list(step.samples)
    if rng is not None:
        samples = _shuffled(samples, rng)
    groups: list[list[Sample]] = []
    for sample in samples:
        last = groups[-1] if groups else []
        joins = (
            bundled
            and last
            and (last[0].stamp_ns, last[0].frame_id) == (sample.stamp_ns, sample.frame_id)
            and sample.slot not in [other.slot for other in last]
        )
        if joins:
            last.append(sample)
        else:
            groups.append([sample])
    frames = [
        TrackerFrame(
            group[0].stamp_ns,
            {s.slot: TrackerPose(s.position, s.quaternion, s.device) for s in group},
            group[0].frame_id,
            step.worn,
        )
        for group in groups
    ]
    if not frames and step.worn is not None:
        frames = [TrackerFrame(0, {}, "world", step.worn)]
    return frames


def _shuffled(samples: list[Sample], rng: np.random.Generator) -> list[Sample]:
    out: list[Sample] = []
    run: list[Sample] = []
    for sample in [*samples, None]:
        if sample is None or (run and sample.stamp_ns != run[0].stamp_ns):
            # Of one slot's samples of one stamp the first counts: their order stays.
            if len({s.slot for s in run}) == len(run):
                run = [run[i] for i in rng.permutation(len(run))]
            out += run
            run = []
        if sample is not None:
            run.append(sample)
    return out
