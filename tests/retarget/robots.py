# SPDX-License-Identifier: Apache-2.0
"""Robots for tests: our own, cut down or changed, and those of others where they are there."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.retarget.motions import BodyMotion, contacts_of
from kinest_ros.retarget.own_robot.descriptions import own_robot_urdf

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "robots"
if not SHARED.is_dir():
    SHARED = Path(__file__).resolve().parents[4] / "shared" / "robots"


def shared_robot(name: str) -> Path:
    """Return the description of another maker's robot, or skip the test."""
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not in {SHARED}")
    return path


def without(word: str) -> str:
    """Return our own robot as URDF without the links and joints whose names hold a word."""
    root = ElementTree.fromstring(own_robot_urdf())
    for element in list(root):
        name = element.get("name", "")
        if re.search(word, name):
            root.remove(element)
    return ElementTree.tostring(root, encoding="unicode")


LEGS = "hip|knee|ankle"
ARMS = "shoulder|elbow|wrist"


def renamed() -> str:
    """Return our own robot with names that say nothing."""
    text = own_robot_urdf()
    names = re.findall(r'<(?:link|joint) name="(\w+)"', text)
    for index, name in enumerate(sorted(set(names), key=len, reverse=True)):
        text = re.sub(rf'"{name}"', f'"n{index}"', text)
    return text


def performed(name: str = "walking", seconds: float = 3.0, seed: int = 1) -> BodyMotion:
    """Return a procedural performance."""
    skeleton = Skeleton.from_stature(1.75)
    motion = generate(name, skeleton, seed, seconds)
    places, world = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    stamps = 1_000_000_000 + np.round(np.arange(len(motion)) * 1e9 / 60.0).astype(np.int64)
    return BodyMotion(name, stamps, places, world, contacts_of(places, 60.0))
