# SPDX-License-Identifier: Apache-2.0
"""Latency per frame: the streaming step, the whole body tracker, and the published window."""

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import SLOT_JOINTS, SLOTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations import quaternion_from_matrix
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.kinest import NUM_INPUTS, KineST
from kinest_ros.model.predictor import StreamingPredictor
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.motion.procedural import generate
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

_WARM_UP = 20


def machine(device: str) -> dict[str, str | int]:
    """Return what the figures were measured on."""
    cpu = platform.processor() or "unknown"
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].split(":", 1)[1].strip() if names else cpu
    return {
        "cpu": cpu,
        "cores": os.cpu_count() or 0,
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def latencies(call: Callable[[], object], count: int, device: str) -> dict[str, float]:
    """Return p50, p90, p99 and max of the time of a call, ms."""
    times = []
    for index in range(count + _WARM_UP):
        start = time.perf_counter()
        call()
        if device == "cuda":
            torch.cuda.synchronize()
        if index >= _WARM_UP:
            times.append((time.perf_counter() - start) * 1e3)
    p50, p90, p99 = np.percentile(times, (50, 90, 99))
    return {"p50": float(p50), "p90": float(p90), "p99": float(p99), "max": max(times)}


def bench(
    model: StreamingKineST, device: str, frames: int = 600, windows: int = 30
) -> dict[str, dict[str, float]]:
    """Return the latencies [ms] of one frame, done in three ways.

    Args:
        model: streaming weights, on the device.
        device: "cpu" or "cuda".
        frames: frames to time for the streaming ways.
        windows: windows to time for the published network, with random weights: its way online is
            to run the last 96 frames again for each new one.
    """
    skeleton = Skeleton.from_stature(1.7)
    motion = generate("everything", skeleton, 0, (frames + _WARM_UP + 1) / 60.0)
    positions, world = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    joints = list(SLOT_JOINTS)
    at, links = positions[:, joints], world[:, joints] @ JOINT_FROM_LINK
    valid = np.array([True] * 3 + [False] * 3)
    predictor = StreamingPredictor(model, skeleton, device)
    steps = iter(zip(at, links, strict=True))
    figures = {
        "network step": latencies(lambda: predictor.step(*next(steps), valid), frames, device)
    }
    tracker = BodyTracker(StreamingPredictor(model, skeleton, device), skeleton)
    quaternions = quaternion_from_matrix(links)
    stream = iter(
        TrackerFrame(
            round(t * 1e9 / 60),
            {slot: TrackerPose(at[t, s], quaternions[t, s]) for s, slot in enumerate(SLOTS[:3])},
        )
        for t in range(len(at))
    )
    figures["body tracker"] = latencies(lambda: tracker.push(next(stream)), frames, device)
    published = KineST().to(device).eval()
    window = torch.randn(1, published.window, NUM_INPUTS, device=device)
    with torch.inference_mode():
        figures["published window"] = latencies(lambda: published(window), windows, device)
    return figures
