# SPDX-License-Identifier: Apache-2.0
"""The result of analysing a robot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.retarget.robot.sole import Sole


@dataclass(frozen=True)
class Limb:
    """An arm or a leg; positions in the axes of the body that carries them.

    Attributes:
        name: "left_arm", "right_leg", ...
        joints: MuJoCo's joint ids from the root to the end.
        hinge: id of elbow or knee.
        distal: ids of the joints beyond the lower bone: of ankle or wrist.
        base_body: carries the limb's first joint.
        upper_body: carries the hinge.
        lower_body: is carried by the hinge.
        end_body: hand or foot.
        root_in_base: (3,) m, centre of shoulder or hip in `base_body`.
        root_in_upper: (3,) m, the same point at zero in `upper_body`.
        hinge_in_upper: (3,) m, elbow or knee.
        hinge_in_lower: (3,) m, the same.
        end_in_lower: (3,) m, wrist or ankle.
        end_in_end: (3,) m, the same at zero in `end_body`.
        tip_in_end: (3,) m, as far as an arm without a wrist reaches, in `end_body`.
        wrist_body: the body that the forearm ends with; of legs, and of arms without a wrist,
            `end_body`.
        wrist_in_body: (3,) m, where the forearm ends, in `wrist_body`.
        straight: rad, angle of the hinge at which the limb is straightest.
        sign: +1 or -1, in which the hinge flexes.
        upper_from_human: (3, 3) takes SMPL T-pose axes into `upper_body`'s.
        lower_from_human: likewise for `lower_body`.
        end_from_human: likewise for `end_body`.
        upper_length: m.
        lower_length: m.
        sole: of a leg.
    """

    name: str
    joints: tuple[int, ...]
    hinge: int
    distal: tuple[int, ...]
    base_body: int
    upper_body: int
    lower_body: int
    end_body: int
    root_in_base: np.ndarray
    root_in_upper: np.ndarray
    hinge_in_upper: np.ndarray
    hinge_in_lower: np.ndarray
    end_in_lower: np.ndarray
    end_in_end: np.ndarray
    tip_in_end: np.ndarray
    wrist_body: int
    wrist_in_body: np.ndarray
    straight: float
    sign: float
    upper_from_human: np.ndarray
    lower_from_human: np.ndarray
    end_from_human: np.ndarray
    upper_length: float
    lower_length: float
    sole: Sole | None = None

    @property
    def length(self) -> float:
        """Length of both bones, m."""
        return self.upper_length + self.lower_length

    @property
    def held_in_end(self) -> np.ndarray:
        """Point (3,) of a foot that is held in place, in `end_body`, m: the ankle, or the ball.

        A foot without roll tilts with the leg, and one that its hip cannot turn pivots: held by
        its ankle, the sole would slide under it.
        """
        if self.sole is None or len(self.distal) != 1:
            return self.end_in_end
        return np.asarray(0.75 * self.sole.toe + 0.25 * self.sole.heel)

    @property
    def beyond_hinge(self) -> tuple[int, ...]:
        """Ids of the joints beyond elbow or knee."""
        return self.joints[self.joints.index(self.hinge) + 1 :]


@dataclass(frozen=True)
class Parts:
    """The robot as a body.

    Attributes:
        root_body: of the tree.
        facing: (3, 3) columns forward, left, up in the root body's axes.
        legs: left and right; empty where there are none.
        arms: likewise.
        pelvis_body: carries the legs.
        chest_body: carries the arms.
        head_body: the last of the head; None where nothing moves it.
        waist: joint ids between pelvis and chest.
        head: joint ids above the chest.
        notes: what is worth telling.
    """

    root_body: int
    facing: np.ndarray
    legs: tuple[Limb, ...]
    arms: tuple[Limb, ...]
    pelvis_body: int
    chest_body: int
    head_body: int | None
    waist: tuple[int, ...]
    head: tuple[int, ...]
    notes: tuple[str, ...] = ()
