# SPDX-License-Identifier: Apache-2.0
"""Faults of the poses themselves: where a device is said to be and how it is turned."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from tests.campaign.fault_choice import after, fault, of, some_slot, some_slots, within
from tests.campaign.streams import Sample


@fault
def placeholder(steps, fault):
    slots = some_slots(steps, fault.rng())
    for step in within(steps, fault):
        for sample in of(step, slots):
            sample.position, sample.quaternion = np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0])
    return steps


@fault
def frozen(steps, fault):
    slots = some_slots(steps, fault.rng())
    kept: dict[str, Sample] = {}
    for step in within(steps, fault):
        for sample in of(step, slots):
            first = kept.setdefault(sample.slot, sample)
            sample.position, sample.quaternion = first.position.copy(), first.quaternion.copy()
    return steps


@fault
def glitches(steps, fault):
    rng = fault.rng()
    slots, size = some_slots(steps, rng), float(rng.choice((0.1, 0.25, 1.0, 5.0)))
    rate = float(rng.choice((0.02, 0.1, 0.4)))
    for step in within(steps, fault):
        for sample in of(step, slots):
            if rng.random() < rate:
                sample.position = sample.position + rng.normal(size=3) * size
            if rng.random() < rate / 3:
                turn = Rotation.from_rotvec(rng.normal(size=3) * 2.0)
                sample.quaternion = _turned(turn, sample.quaternion)
    return steps


@fault
def hands_exchanged(steps, fault):
    other = {"left_hand": "right_hand", "right_hand": "left_hand"}
    for step in within(steps, fault):
        for sample in step.samples:
            sample.slot = other.get(sample.slot, sample.slot)
    return steps


@fault
def recentred(steps, fault):
    rng = fault.rng()
    turn = Rotation.from_euler("z", float(rng.uniform(-np.pi, np.pi)) * rng.integers(2))
    shift = rng.normal(size=3) * (1.5, 1.5, float(rng.choice((0.0, 0.2, 0.8))))
    for step in after(steps, fault):
        for sample in step.samples:
            sample.position = turn.apply(sample.position) + shift
            sample.quaternion = _turned(turn, sample.quaternion)
    return steps


@fault
def floor_moves(steps, fault):
    by = float(fault.rng().choice((-1.2, -0.3, -0.1, 0.1, 0.3, 1.2)))
    for step in after(steps, fault):
        for sample in step.samples:
            sample.position = sample.position + (0.0, 0.0, by)
    return steps


@fault
def put_down(steps, fault):
    """A device lies somewhere with the noise of tracking."""
    rng = fault.rng()
    slots = some_slots(steps, rng) - {"head"}
    away = rng.normal(size=3) * (1.0, 1.0, 0.3)
    places: dict[str, np.ndarray] = {}
    for step in within(steps, fault):
        for sample in of(step, slots):
            place = places.setdefault(sample.slot, sample.position + away)
            sample.position = place + rng.normal(size=3) * 0.0003
    return steps


@fault
def drifts_away(steps, fault):
    rng = fault.rng()
    slots = {some_slot(steps, rng)}
    velocity = rng.normal(size=3) * float(rng.choice((0.3, 1.0, 4.0)))
    return _displaced(steps, fault, slots, lambda time: velocity * (time - fault.start))


@fault
def jumps_alone(steps, fault):
    rng = fault.rng()
    slots = {some_slot(steps, rng)}
    shift = rng.normal(size=3) * float(rng.choice((0.1, 0.4, 2.0)))
    return _displaced(steps, fault, slots, lambda time: shift)


@fault
def lies_down(steps, fault):
    """Everything sinks towards the floor and turns on its side."""
    rng = fault.rng()
    low, tilt = float(rng.uniform(0.05, 0.3)), float(rng.uniform(-1.6, 1.6))
    for step in within(steps, fault):
        share = min(1.0, (step.time - fault.start) / 0.8)
        turn = Rotation.from_euler("y", tilt * share)
        for sample in step.samples:
            sample.position = sample.position * (1.0, 1.0, 1.0 + share * (low - 1.0))
            sample.quaternion = _turned(turn, sample.quaternion)
    return steps


@fault
def shaken(steps, fault):
    """As fast as nobody moves."""
    rng = fault.rng()
    slots, hertz = some_slots(steps, rng), float(rng.choice((1.0, 3.0, 6.0)))
    size = rng.normal(size=3) * float(rng.choice((0.05, 0.2, 0.6)))
    return _displaced(steps, fault, slots, lambda time: size * np.sin(2 * np.pi * hertz * time))


@fault
def not_finite(steps, fault):
    rng = fault.rng()
    slots = some_slots(steps, rng)
    values = (np.nan, np.inf, -np.inf, 1e300, 1e7, 2000.0)
    for step in within(steps, fault):
        for sample in of(step, slots):
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
    for step in after(steps, fault):
        for sample in step.samples:
            sample.quaternion = np.roll(sample.quaternion, 1)
    return steps


@fault
def centimetres(steps, fault):
    rng = fault.rng()
    slots, scale = some_slots(steps, rng), float(rng.choice((100.0, 1000.0, 0.01)))
    for step in within(steps, fault):
        for sample in of(step, slots):
            sample.position = sample.position * scale
    return steps


@fault
def in_the_heads_frame(steps, fault):
    for step in within(steps, fault):
        head = next((s for s in step.samples if s.slot == "head"), None)
        for sample in step.samples if head is not None and _measured(head.quaternion) else ():
            if sample is not head:
                turn = Rotation.from_quat(head.quaternion).inv()
                sample.position = turn.apply(sample.position - head.position)
                sample.quaternion = _turned(turn, sample.quaternion)
    return steps


def _turned(turn, quaternion):
    """Return a turned quaternion; one that is none stays as it is."""
    if not _measured(quaternion):
        return quaternion
    return (turn * Rotation.from_quat(quaternion)).as_quat()


def _measured(quaternion):
    """Return whether a quaternion can be made a rotation: another fault may have spoilt it."""
    norm = np.linalg.norm(quaternion)
    return bool(np.isfinite(norm) and norm > 1e-9)


def _displaced(steps, fault, slots, by):
    """Move slots by what `by` makes of the time, (3,) m, while the fault lasts."""
    for step in within(steps, fault):
        for sample in of(step, slots):
            sample.position = sample.position + by(step.time)
    return steps
