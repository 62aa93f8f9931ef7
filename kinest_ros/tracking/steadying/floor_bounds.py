# SPDX-License-Identifier: Apache-2.0
"""Keeps the body above the floor where the network has it below, as with a head that lies on it.

The body hangs from its head, which stays on its tracker. Bone after bone, from the head on, what
would end below the floor is turned up about its beginning until it lies on it: on the side to which
it leans already, or, where it stands upright, where the head's own axis says that the body lies.
Of somebody who stands, sits or squats, nothing is that low, and nothing changes.
"""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.rotations_numpy import matrices_from_vectors, rotation_vectors
from kinest_ros.tracking.fitting.posing import positions_from_head

#: m/s that lifting the body out of the floor adds to the speed of any joint at the most.
MAX_ADDED_SPEED = 4.0
#: The same while bones grow and the floor moves, as when the wearer becomes known: nobody fell.
CALM_SPEED = 1.5
#: m above the floor that joints are kept at: the flesh of somebody who lies is thicker than that.
TRUNK_HEIGHT, LIMB_HEIGHT = 0.05, 0.02
#: How much the head's axis counts against the lean of a bone itself.
_GUIDE = 0.2
_HEAD = JOINT_INDEX["head"]


def _pair(name: str) -> list[int]:
    return [JOINT_INDEX[f"{side}_{name}"] for side in ("left", "right")]


_PELVIS, _HIPS = JOINT_INDEX["pelvis"], _pair("hip")
#: Joints above the pelvis from the head down, as (joint that turns, where its bone ends above).
_TRUNK = [
    (JOINT_INDEX[low], JOINT_INDEX[high])
    for low, high in (
        ("neck", "head"),
        ("spine3", "neck"),
        ("spine2", "spine3"),
        ("spine1", "spine2"),
        ("pelvis", "spine1"),
    )
]
#: Bones that hang from the trunk, as (joint that turns, where its bone ends).
_LIMBS = [
    pair
    for start, end in (
        ("collar", "shoulder"),
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
        ("hip", "knee"),
        ("knee", "ankle"),
    )
    for pair in zip(_pair(start), _pair(end), strict=True)
]
_WRISTS = _pair("wrist")
#: Not looked at: a foot is the foot lock's, and tracked wrists are where their trackers are.
_NOT_WATCHED = (_HEAD, *_pair("ankle"), *_pair("foot"))
_HEIGHTS = np.full(22, LIMB_HEIGHT)
_HEIGHTS[[0, 1, 2, 3, 6, 9, 12]] = TRUNK_HEIGHT
_HEIGHTS[[*_NOT_WATCHED]] = -np.inf


class FloorBounds:
    """Lifts bodies out of the floor at bounded speed; carries the turns of the tick before."""

    def __init__(self, tick_rate: float) -> None:
        """Start with nothing lifted.

        Args:
            tick_rate: ticks per second.
        """
        self._tick_rate = tick_rate
        self.reset()

    def reset(self) -> None:
        """Forget the tick before: the next body is lifted at once."""
        self._turns: np.ndarray | None = None
        self._fresh = True

    def lift(
        self,
        world: np.ndarray,
        positions: np.ndarray,
        rest_offsets: np.ndarray,
        head_link: np.ndarray,
        floor: float,
        calm: bool = False,
        hands: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return world_from_joint (22, 3, 3) of a body that is not below the floor.

        Args:
            world: world_from_joint (22, 3, 3).
            positions: (22, 3) of the joints, hung from the head, m.
            rest_offsets: (22, 3) m.
            head_link: (3, 3) world_from_link of the head.
            floor: its height, m.
            calm: no faster than CALM_SPEED.
            hands: (2,) bool, hands that are tracked; both where left out.
        """
        below = positions[:, 2] < _HEIGHTS + floor
        below[_WRISTS] &= False if hands is None else ~hands
        low = bool(below.any())
        fresh, self._fresh = self._fresh, False
        if not low and self._turns is None:
            return world
        wanted = world
        if low:
            wanted = _lifted(world, positions[_HEAD], rest_offsets, _side(head_link), floor)
        turns = rotation_vectors(wanted @ np.swapaxes(world, -1, -2))
        if not fresh:
            most = (CALM_SPEED if calm else MAX_ADDED_SPEED) / self._tick_rate
            turns = self._slowed(turns, world, rest_offsets, most)
        self._turns = turns if low or float(np.abs(turns).max()) > 1e-6 else None
        turned: np.ndarray = matrices_from_vectors(turns) @ world
        return turned

    def _slowed(
        self, turns: np.ndarray, world: np.ndarray, rest_offsets: np.ndarray, most: float
    ) -> np.ndarray:
        """Return turns (22, 3) that move no joint by more than that (m) against the last ones."""
        last = np.zeros((22, 3)) if self._turns is None else self._turns
        before = matrices_from_vectors(last)
        after = matrices_from_vectors(turns)
        heads = np.zeros((2, 3))
        places = positions_from_head(np.stack((before, after)) @ world, rest_offsets, heads)
        farthest = float(np.sqrt(np.square(places[1] - places[0]).sum(axis=1).max()))
        change = rotation_vectors(after @ np.swapaxes(before, -1, -2))
        share = most / max(farthest, 1e-9)
        if share >= 1.0:
            return turns
        return rotation_vectors(matrices_from_vectors(share * change) @ before)


def _side(head_link: np.ndarray) -> np.ndarray:
    """Return the direction (3,) along the floor in which a body lies below its head."""
    # Down along the head; of one that is upright, backwards: whoever lies on the belly looks up.
    side = -head_link[:, 2] - 0.3 * head_link[:, 0]
    length = math.hypot(side[0], side[1])
    return np.array((side[0], side[1], 0.0)) / max(length, 1e-9)


def _lifted(
    world: np.ndarray, head: np.ndarray, rest_offsets: np.ndarray, side: np.ndarray, floor: float
) -> np.ndarray:
    world = world.copy()
    places = np.zeros((22, 3))
    places[_HEAD] = head
    for joint, above in _TRUNK:
        bone = -(world[joint] @ rest_offsets[above])
        lowest = TRUNK_HEIGHT
        if joint == _PELVIS:
            # Of somebody who lies on the side, the lower hip is what lies on the floor.
            hips = (world[joint] @ rest_offsets[_HIPS, :, None])[:, 2, 0]
            lowest = max(lowest, LIMB_HEIGHT - float(hips.min()))
        turn = turned_up(bone, places[above], floor + lowest, side)
        if turn is not None:
            world[joint] = turn @ world[joint]
            bone = turn @ bone
        places[joint] = places[above] + bone
    for start, joints in ((9, _pair("collar")), (0, _pair("hip"))):
        for joint in joints:
            places[joint] = places[start] + world[start] @ rest_offsets[joint]
    for joint, end in _LIMBS:
        bone = world[joint] @ rest_offsets[end]
        turn = turned_up(bone, places[joint], floor + LIMB_HEIGHT, side)
        if turn is not None:
            world[joint] = turn @ world[joint]
            bone = turn @ bone
        places[end] = places[joint] + bone
    return world


def turned_up(
    bone: np.ndarray, start: np.ndarray, lowest: float, side: np.ndarray
) -> np.ndarray | None:
    """Return the turn (3, 3) of a bone that ends too low; None where it does not."""
    if start[2] + bone[2] >= lowest:
        return None
    length = math.sqrt(float(bone @ bone))
    rise = min(max(lowest - float(start[2]), -length), length)
    along = bone + _GUIDE * length * side
    flat = math.hypot(along[0], along[1])
    share = math.sqrt(max(length**2 - rise**2, 0.0)) / max(flat, 1e-9)
    after = np.array((along[0] * share, along[1] * share, rise))
    cross = np.cross(bone, after)
    sine = math.sqrt(float(cross @ cross))
    if sine < 1e-12:
        return None
    angle = math.atan2(sine, float(bone @ after))
    turn: np.ndarray = matrices_from_vectors((angle / sine * cross)[None])[0]
    return turn
