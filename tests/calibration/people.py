# SPDX-License-Identifier: Apache-2.0
"""Invented people who hold a pose, with devices on them, and what the devices report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_INDEX, SLOT_JOINTS, SLOTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.proportions import with_arm_span
from kinest_ros.tracking.devices.basis import basis_matrices
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

THREE = SLOTS[:3]
START_NS = 1_700_000_000_000_000_000
#: tracker_from_link of a usual headset.
HEADSET = Mount((-0.09, 0.0, -0.087))


def grip(side: str, ahead: float = 0.08, turn: Rotation | None = None) -> Mount:
    """tracker_from_link of a device held in the fist.

    Its x axis points along the forearm, its z axis to the thumb; `turn` turns it about itself.
    """
    out = 1.0 if side == "left" else -1.0
    # Columns: the link's front, its left, its up, in the device's axes.
    rotation = np.array([[0.0, out, 0.0], [0.0, 0.0, out], [1.0, 0.0, 0.0]])
    turned = Rotation.identity() if turn is None else turn
    wrist = turned.apply((-ahead, 0.0, 0.0))
    return Mount.from_rotation(wrist, turned.as_matrix() @ rotation)


@dataclass
class Person:
    """Body, devices and how the pose is held; angles in degrees."""

    stature: float = 1.75
    arm_span: float | None = None
    pose: str = "T"
    heading: float = 30.0
    position: tuple[float, float] = (0.6, -1.2)
    floor: float = 0.0
    arms_up: float = 0.0
    arms_forward: float = 0.0
    mounts: dict[str, Mount] = field(
        default_factory=lambda: {
            "head": HEADSET,
            "left_hand": grip("left"),
            "right_hand": grip("right"),
        }
    )
    slots: tuple[str, ...] = THREE
    noise: float = 0.001
    seed: int = 0

    @property
    def skeleton(self) -> Skeleton:
        body = Skeleton.from_stature(self.stature)
        return body if self.arm_span is None else with_arm_span(body, self.arm_span)

    def local_rotations(self) -> np.ndarray:
        """(22, 3, 3), upright and facing the heading."""
        local = np.tile(np.eye(3), (22, 1, 1))
        local[0] = Rotation.from_euler("z", self.heading, degrees=True).as_matrix() @ (
            JOINT_FROM_LINK.T
        )
        for side, sign in (("left", 1.0), ("right", -1.0)):
            up = self.arms_up if self.pose == "T" else self.arms_up - 90.0
            turn = Rotation.from_euler(
                "yz", (-sign * self.arms_forward, sign * up), degrees=True
            ).as_matrix()
            local[JOINT_INDEX[f"{side}_shoulder"]] = turn
        return local

    def links(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions (22, 3) and world_from_link (22, 3, 3), feet on the floor."""
        root = (*self.position, self.floor + self.skeleton.pelvis_height)
        places, world = forward_kinematics_np(
            self.local_rotations(), self.skeleton.rest_offsets, np.array(root)
        )
        return places, world @ JOINT_FROM_LINK

    def frames(
        self, seconds: float = 2.5, rate: float = 72.0, start_ns: int = START_NS,
        basis: str = "ros",
    ) -> Iterator[TrackerFrame]:  # fmt: skip
        """What the devices report, in a basis."""
        random = np.random.default_rng(self.seed)
        matrix, vector = basis_matrices(basis)
        places, turns = self.links()
        devices = {}
        for slot in self.slots:
            joint, mount = SLOT_JOINTS[SLOTS.index(slot)], self.mounts.get(slot, Mount())
            turn = turns[joint] @ mount.rotation.T
            devices[slot] = (places[joint] - turn @ mount.xyz, Rotation.from_matrix(turn))
        for index in range(round(seconds * rate)):
            poses = {}
            for slot, (place, turn) in devices.items():
                shaken = place + random.normal(0.0, self.noise, 3)
                shake = Rotation.from_rotvec(random.normal(0.0, 3.0 * self.noise, 3))
                quaternion = (turn * shake).as_quat()
                quaternion[:3] = quaternion[:3] @ vector  # from the ROS basis: the inverse
                poses[slot] = TrackerPose(shaken @ matrix, quaternion)
            yield TrackerFrame(start_ns + round(1e9 * index / rate), poses)
