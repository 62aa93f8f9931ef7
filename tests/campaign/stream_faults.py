# SPDX-License-Identifier: Apache-2.0
"""Faults of what comes, when, and under which name: lost, late, of another clock or frame."""

from __future__ import annotations

import itertools

from tests.campaign.fault_choice import after, fault, of, some_slot, some_slots, within
from tests.campaign.streams import Sample


@fault
def lost(steps, fault):
    slots = some_slots(steps, fault.rng())
    for step in within(steps, fault):
        step.samples = [s for s in step.samples if s.slot not in slots]
    return steps


@fault
def flickers(steps, fault):
    rng = fault.rng()
    slots = some_slots(steps, rng)
    for step in within(steps, fault):
        step.samples = [s for s in step.samples if s.slot not in slots or rng.random() < 0.4]
    return steps


@fault
def slow_source(steps, fault):
    every = int(fault.rng().choice((3, 6, 20)))
    for index, step in enumerate(within(steps, fault)):
        if index % every:
            step.samples = []
    return steps


@fault
def clock_jumps(steps, fault):
    rng = fault.rng()
    by = float(rng.choice((-3600.0, -10.0, -0.7, -0.3, -0.02, 0.05, 0.4, 1.5, 7.0, 3600.0)))
    for step in after(steps, fault):
        for sample in step.samples:
            sample.stamp_ns += round(by * 1e9)
    return steps


@fault
def own_clock(steps, fault):
    rng = fault.rng()
    slots = {some_slot(steps, rng)}
    by = float(rng.choice((-3600.0, -0.3, -0.1, -0.03, -0.004, 0.004, 0.03, 0.1, 0.3, 3600.0)))
    for step in within(steps, fault):
        for sample in of(step, slots):
            sample.stamp_ns += round(by * 1e9)
    return steps


@fault
def stamps_scatter(steps, fault):
    rng = fault.rng()
    by = float(rng.choice((0.0005, 0.003, 0.02)))
    for step in within(steps, fault):
        for sample in step.samples:
            sample.stamp_ns += round(rng.normal() * by * 1e9)
    return steps


@fault
def close_together(steps, fault):
    rng = fault.rng()
    for step in within(steps, fault):
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
    chosen = list(within(steps, fault))
    for first, second in itertools.pairwise(chosen):
        draw = rng.random()
        if draw < 0.15:
            first.samples, second.samples = second.samples, first.samples
        elif draw < 0.3:
            second.samples = [*second.samples, *first.samples]
    return steps


@fault
def taken_off(steps, fault):
    for step in within(steps, fault):
        step.worn = False
    for step in steps:
        if step.time >= fault.end:
            step.worn = True
            break
    return steps


@fault
def reset(steps, fault):
    for step in after(steps, fault):
        step.act = ("reset",)
        break
    return steps


@fault
def wear(steps, fault):
    rng = fault.rng()
    stature, floor = float(rng.uniform(1.3, 2.1)), float(rng.choice((0.0, 0.0, 0.2, -0.4)))
    for step in after(steps, fault):
        step.act = ("wear", stature, floor, bool(rng.integers(2)))
        break
    return steps


@fault
def devices_change(steps, fault):
    rng = fault.rng()
    devices = ("", "controller", "hand", "glove")
    for step in within(steps, fault):
        if rng.random() < 0.1:
            devices = tuple(rng.permutation(devices))
        for sample in step.samples:
            sample.device = str(devices[0])
    return steps


@fault
def other_frame_id(steps, fault):
    rng = fault.rng()
    slots, name = some_slots(steps, rng), str(rng.choice(("", "/world", "odom", "world ")))
    for step in within(steps, fault):
        for sample in of(step, slots):
            sample.frame_id = name
    return steps


@fault
def unknown_slot(steps, fault):
    for step in within(steps, fault):
        for sample in step.samples[1:]:
            sample.slot = "tail"
    return steps
