# SPDX-License-Identifier: Apache-2.0
"""What goes out: the pose of the whole body at one tick."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from kinest_ros.body.rotations_numpy import quaternions_from_matrices


class TrackerState(IntEnum):
    """Where a tracker's pose at a tick came from; the numbers of FullBodyState."""

    LOST = 0  # no recent sample
    HELD = 1  # at rest where its last samples led
    EXTRAPOLATED = 2  # at constant velocity, shortly after the last sample
    MEASURED = 3  # between two samples, or on one
    REJECTED = 4  # samples come but contradict the rest: the body does not follow them


@dataclass(frozen=True)
class BodyPose:
    """Pose of the 22 joints at one tick; everything in it is finite but for what was measured.

    Attributes:
        stamp_ns: the tick's time on the trackers' clock, ns.
        frame_id: fixed frame of the positions and rotations, Z up.
        local_rotations: (22, 4) xyzw, parent_from_joint in SMPL axes; [0] is world_from_pelvis.
        positions: (22, 3) joint positions in the world, m.
        world_rotations: (22, 4) xyzw, world_from_joint in SMPL axes.
        tracker_valid: (6,) bool, by slot: whether the tracker had a usable pose at this tick.
        tracker_state: (6,) `TrackerState`, by slot.
        tracker_positions: (6, 3) m, where the links the slots are bound to were measured to be
            (resampled, mount offset applied); NaN where not valid.
        confidence: (22,) in (0, 1], 1 / (1 + error / 0.1 m) by the position error that is expected
            of each joint of this pose, after all corrections.
        contacts: (2,) probability that the left and the right foot touch the floor.
        rest_offsets: (22, 3) m, the bones the positions were computed with; the same array while
            they stay the same. None where the maker's skeleton is known otherwise.
        tracker_matrices: (6, 3, 3) world_from_link of the links the slots are bound to, as
            measured (mount applied); anything where not valid. None where nobody measured.
    """

    stamp_ns: int
    frame_id: str
    local_rotations: np.ndarray
    positions: np.ndarray
    world_rotations: np.ndarray
    tracker_valid: np.ndarray
    tracker_state: np.ndarray
    tracker_positions: np.ndarray
    confidence: np.ndarray
    contacts: np.ndarray
    rest_offsets: np.ndarray | None = None
    tracker_matrices: np.ndarray | None = None

    @property
    def tracker_rotations(self) -> np.ndarray | None:
        """(6, 4) xyzw of tracker_matrices; NaN where not valid. Made when asked for: few ask."""
        if self.tracker_matrices is None:
            return None
        valid = np.asarray(self.tracker_valid, dtype=bool)
        rotations = np.full((len(valid), 4), np.nan)
        rotations[valid] = quaternions_from_matrices(self.tracker_matrices[valid])
        return rotations
