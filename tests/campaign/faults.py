# SPDX-License-Identifier: Apache-2.0
"""The faults that trackers, bridges and people have, each as a change of a stream."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
from scipy.spatial.transform import Rotation

from tests.campaign.streams import Fault, Sample, Step

FAULTS: dict[str, Callable[[list[Step], Fault], list[Step]]] = {}


def fault(function):
    FAULTS[function.__name__] = function
    return function


def _within(steps: list[Step], fault: Fault) -> Iterator[Step]:
    return (step for step in steps if fault.start <= step.time < fault.end)


def _after(steps: list[Step], fault: Fault) -> Iterator[Step]:
    return (step for step in steps if step.time >= fault.start)


def _slots(steps: list[Step]) -> list[str]:
    return list(dict.fromkeys(sample.slot for step in steps for sample in step.samples))


def _some_slot(steps: list[Step], rng: np.random.Generator) -> str:
    return str(rng.choice(_slots(steps) or ["head"]))


def _some_slots(steps: list[Step], rng: np.random.Generator) -> set[str]:
    """One of them, all of them, or all but the head."""
    slots = _slots(steps)
    pick = rng.integers(3)
    if pick == 0:
        return {_some_slot(steps, rng)}
    return set(slots) if pick == 1 else set(slots) - {"head"}


def _of(step: Step, slots: set[str]) -> Iterator[Sample]:
    return (sample for sample in step.samples if sample.slot in slots)


@fault
def lost(steps, fault):
    slots = _some_slots(steps, fault.rng())
    for step in _within(steps, fault):
        step.samples = [s for s in step.samples if s.slot not in slots]
    return steps


@fault
def flickers(steps, fault):
    rng = fault.rng()
    slots = _some_slots(steps, rng)
    for step in _within(steps, fault):
        step.samples = [s for s in step.samples if s.slot not in slots or rng.random() < 0.4]
    return steps


@fault
def clock_jumps(steps, fault):
    rng = fault.rng()
    by = float(rng.choice((-3600.0, -10.0, -0.7, -0.3, -0.02, 0.05, 0.4, 1.5, 7.0, 3600.0)))
    for step in _after(steps, fault):
        for sample in step.samples:
            sample.stamp_ns += round(by * 1e9)
    return steps


@fault
def own_clock(steps, fault):
    rng = fault.rng()
    slots = {_some_slot(steps, rng)}
    by = float(rng.choice((-3600.0, -0.3, -0.1, -0.03, -0.004, 0.004, 0.03, 0.1, 0.3, 3600.0)))
    for step in _within(steps, fault):
        for sample in _of(step, slots):
            sample.stamp_ns += round(by * 1e9)
    return steps


@fault
def stamps_scatter(steps, fault):
    rng = fault.rng()
    by = float(rng.choice((0.0005, 0.003, 0.02)))
    for step in _within(steps, fault):
        for sample in step.samples:
            sample.stamp_ns += round(rng.normal() * by * 1e9)
    return steps


@fault
def close_together(steps, fault):
    rng = fault.rng()
    for step in _within(steps, fault):
        for sample in list(step.samples):
            if rng.random() < 0.2:
                near = rng.normal(size=3) * 0.001
                step.samples.append(
                    Sample(sample.slot, sample.stamp_ns + int(rng.integers(2, 8_000_000)),
                           sample.position + near, sample.quaternion.copy())
                )  # fmt: skip
    return steps


@fault
def repeated_and_swapped(steps, fault):
    rng = fault.rng()
    chosen = list(_within(steps, fault))
    for first, second in itertools.pairwise(chosen):
        draw = rng.random()
        if draw < 0.15:
            first.samples, second.samples = second.samples, first.samples
        elif draw < 0.3:
            second.samples = [*second.samples, *first.samples]
    return steps


@fault
def placeholder(steps, fault):
    slots = _some_slots(steps, fault.rng())
    for step in _within(steps, fault):
        for sample in _of(step, slots):
            sample.position, sample.quaternion = np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0])
    return steps


@fault
def frozen(steps, fault):
    slots = _some_slots(steps, fault.rng())
    kept: dict[str, Sample] = {}
    for step in _within(steps, fault):
        for sample in _of(step, slots):
            first = kept.setdefault(sample.slot, sample)
            sample.position, sample.quaternion = first.position.copy(), first.quaternion.copy()
    return steps


@fault
def glitches(steps, fault):
    rng = fault.rng()
    slots, size = _some_slots(steps, rng), float(rng.choice((0.1, 0.25, 1.0, 5.0)))
    rate = float(rng.choice((0.02, 0.1, 0.4)))
    for step in _within(steps, fault):
        for sample in _of(step, slots):
            if rng.random() < rate:
                sample.position = sample.position + rng.normal(size=3) * size
            if rng.random() < rate / 3:
                turn = Rotation.from_rotvec(rng.normal(size=3) * 2.0)
                sample.quaternion = (turn * Rotation.from_quat(sample.quaternion)).as_quat()
    return steps


@fault
def hands_exchanged(steps, fault):
    other = {"left_hand": "right_hand", "right_hand": "left_hand"}
    for step in _within(steps, fault):
        for sample in step.samples:
            sample.slot = other.get(sample.slot, sample.slot)
    return steps


@fault
def recentred(steps, fault):
    rng = fault.rng()
    turn = Rotation.from_euler("z", float(rng.uniform(-np.pi, np.pi)) * rng.integers(2))
    shift = rng.normal(size=3) * (1.5, 1.5, float(rng.choice((0.0, 0.2, 0.8))))
    for step in _after(steps, fault):
        for sample in step.samples:
            sample.position = turn.apply(sample.position) + shift
            sample.quaternion = (turn * Rotation.from_quat(sample.quaternion)).as_quat()
    return steps


@fault
def floor_moves(steps, fault):
    by = float(fault.rng().choice((-1.2, -0.3, -0.1, 0.1, 0.3, 1.2)))
    for step in _after(steps, fault):
        for sample in step.samples:
            sample.position = sample.position + (0.0, 0.0, by)
    return steps


@fault
def put_down(steps, fault):
    """A device lies somewhere with the noise of tracking."""
    rng = fault.rng()
    slots = _some_slots(steps, rng) - {"head"}
    away = rng.normal(size=3) * (1.0, 1.0, 0.3)
    places: dict[str, np.ndarray] = {}
    for step in _within(steps, fault):
        for sample in _of(step, slots):
            place = places.setdefault(sample.slot, sample.position + away)
            sample.position = place + rng.normal(size=3) * 0.0003
    return steps


@fault
def drifts_away(steps, fault):
    rng = fault.rng()
    slots = {_some_slot(steps, rng)}
    velocity = rng.normal(size=3) * float(rng.choice((0.3, 1.0, 4.0)))
    for step in _within(steps, fault):
        for sample in _of(step, slots):
            sample.position = sample.position + velocity * (step.time - fault.start)
    return steps


@fault
def jumps_alone(steps, fault):
    rng = fault.rng()
    slots = {_some_slot(steps, rng)}
    shift = rng.normal(size=3) * float(rng.choice((0.1, 0.4, 2.0)))
    for step in _within(steps, fault):
        for sample in _of(step, slots):
            sample.position = sample.position + shift
    return steps


@fault
def lies_down(steps, fault):
    """Everything sinks towards the floor and turns on its side."""
    rng = fault.rng()
    low, tilt = float(rng.uniform(0.05, 0.3)), float(rng.uniform(-1.6, 1.6))
    for step in _within(steps, fault):
        share = min(1.0, (step.time - fault.start) / 0.8)
        turn = Rotation.from_euler("y", tilt * share)
        for sample in step.samples:
            sample.position = sample.position * (1.0, 1.0, 1.0 + share * (low - 1.0))
            sample.quaternion = (turn * Rotation.from_quat(sample.quaternion)).as_quat()
    return steps


@fault
def shaken(steps, fault):
    """As fast as nobody moves."""
    rng = fault.rng()
    slots, hertz = _some_slots(steps, rng), float(rng.choice((1.0, 3.0, 6.0)))
    size = rng.normal(size=3) * float(rng.choice((0.05, 0.2, 0.6)))
    for step in _within(steps, fault):
        for sample in _of(step, slots):
            sample.position = sample.position + size * np.sin(2 * np.pi * hertz * step.time)
    return steps


@fault
def not_finite(steps, fault):
    rng = fault.rng()
    slots = _some_slots(steps, rng)
    values = (np.nan, np.inf, -np.inf, 1e300, 1e7, 2000.0)
    for step in _within(steps, fault):
        for sample in _of(step, slots):
            if rng.random() < 0.5:
                sample.position = sample.position.copy()
                sample.position[rng.integers(3)] = rng.choice(values)
            elif rng.random() < 0.5:
                sample.quaternion = np.zeros(4)
            else:
                sample.quaternion = sample.quaternion.copy()
                sample.quaternion[rng.integers(4)] = rng.choice(values[:3])
    return steps


@fault
def w_first(steps, fault):
    for step in _after(steps, fault):
        for sample in step.samples:
            sample.quaternion = np.roll(sample.quaternion, 1)
    return steps


@fault
def centimetres(steps, fault):
    rng = fault.rng()
    slots, scale = _some_slots(steps, rng), float(rng.choice((100.0, 1000.0, 0.01)))
    for step in _within(steps, fault):
        for sample in _of(step, slots):
            sample.position = sample.position * scale
    return steps


@fault
def in_the_heads_frame(steps, fault):
    for step in _within(steps, fault):
        head = next((s for s in step.samples if s.slot == "head"), None)
        for sample in step.samples if head is not None else ():
            if sample is not head:
                turn = Rotation.from_quat(head.quaternion).inv()
                sample.position = turn.apply(sample.position - head.position)
                sample.quaternion = (turn * Rotation.from_quat(sample.quaternion)).as_quat()
    return steps


@fault
def other_frame_id(steps, fault):
    rng = fault.rng()
    slots, name = _some_slots(steps, rng), str(rng.choice(("", "/world", "odom", "world ")))
    for step in _within(steps, fault):
        for sample in _of(step, slots):
            sample.frame_id = name
    return steps


@fault
def unknown_slot(steps, fault):
    for step in _within(steps, fault):
        for sample in step.samples[1:]:
            sample.slot = "tail"
    return steps


@fault
def devices_change(steps, fault):
    rng = fault.rng()
    devices = ("", "controller", "hand", "glove")
    for step in _within(steps, fault):
        if rng.random() < 0.1:
            devices = tuple(rng.permutation(devices))
        for sample in step.samples:
            sample.device = str(devices[0])
    return steps


@fault
def taken_off(steps, fault):
    for step in _within(steps, fault):
        step.worn = False
    for step in steps:
        if step.time >= fault.end:
            step.worn = True
            break
    return steps


@fault
def slow_source(steps, fault):
    every = int(fault.rng().choice((3, 6, 20)))
    for index, step in enumerate(_within(steps, fault)):
        if index % every:
            step.samples = []
    return steps


@fault
def reset(steps, fault):
    for step in _after(steps, fault):
        step.act = ("reset",)
        break
    return steps


@fault
def wear(steps, fault):
    rng = fault.rng()
    stature, floor = float(rng.uniform(1.3, 2.1)), float(rng.choice((0.0, 0.0, 0.2, -0.4)))
    for step in _after(steps, fault):
        step.act = ("wear", stature, floor, bool(rng.integers(2)))
        break
    return steps
