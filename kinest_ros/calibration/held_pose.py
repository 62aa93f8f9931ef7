# SPDX-License-Identifier: Apache-2.0
"""Was a pose held, and which: T (arms out to the sides) or I (arms hanging down)?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.frames import heading_yaw
from kinest_ros.body.rotations_numpy import (
    axis_rotation,
    matrices_from_quaternions,
    mean_rotation,
    rotation_vectors,
    unit_quaternions,
)
from kinest_ros.calibration.refusal import Refusal
from kinest_ros.calibration.samples import Samples, Track

#: How long a pose must be held, s.
HOLD_SECONDS = 2.0
NEEDED = ("head", "left_hand", "right_hand")
#: Fewest samples of a tracker, longest gap (s), and how much of the window they must cover.
MIN_SAMPLES, MAX_GAP, MIN_COVER = 24, 0.25, 0.9
#: Farthest (m) and most turned (degrees) 95 % of the samples may be from their mean.
MAX_MOVE: Mapping[str, float] = {"head": 0.025, "left_hand": 0.04, "right_hand": 0.04}
MAX_TURN: Mapping[str, float] = {"head": 6.0, "left_hand": 10.0, "right_hand": 10.0}
OTHER_MOVE, OTHER_TURN = 0.03, 8.0
#: Most the head may tilt, degrees: what nobody does who looks straight ahead.
MAX_TILT = 25.0
#: How well the line of the hands tells where the body faces, degrees, by pose; and the head.
HANDS_HEADING: Mapping[str, float] = {"T": 4.0, "I": 12.0}
HEAD_HEADING = 6.0
#: Most the head may look to the side of what the hands say, degrees.
MAX_HEAD_TURN: Mapping[str, float] = {"T": 25.0, "I": 40.0}


@dataclass(frozen=True)
class HeldPose:
    """The means of a held pose, in the ROS basis; hands under the side they are on.

    Attributes:
        kind: "T" or "I".
        heading: where the body faces, rad about z from x.
        positions: (3,) m by slot.
        rotations: (3, 3) world_from_tracker by slot.
        move: m by slot, root mean square distance of the samples from the mean.
        turn: rad by slot, likewise.
        hands_swapped: whether the tracker called left_hand is on the right.
        left_out: trackers of pelvis or feet that were heard too little, and why.
    """

    kind: str
    heading: float
    positions: Mapping[str, np.ndarray]
    rotations: Mapping[str, np.ndarray]
    move: Mapping[str, float]
    turn: Mapping[str, float]
    hands_swapped: bool
    left_out: tuple[str, ...] = ()

    @property
    def world_from_body(self) -> np.ndarray:
        """Axes of the body (x forward, y left, z up) in the world, (3, 3)."""
        return axis_rotation("z", self.heading)

    def in_body(self, slot: str) -> np.ndarray:
        """Return a tracker's position (3,) from the head's, in the body's axes, m."""
        return (self.positions[slot] - self.positions["head"]) @ self.world_from_body


def held_pose(samples: Samples, seconds: float = HOLD_SECONDS) -> HeldPose:
    """Check that an upright T- or I-pose was held and return its means.

    What is checked here needs no knowledge of the body's size but for the arms' direction, which
    is taken from the shoulders of somebody of about the right one.

    Args:
        samples: of the window, in the ROS basis.
        seconds: length of the window.

    Raises:
        Refusal: with the reason.
    """
    for slot in NEEDED:
        if slot not in samples.tracks:
            raise Refusal(
                "missing",
                f"no samples of {slot} in the last {seconds:g} s: head and both hands must be "
                "tracked while the pose is held",
            )
    means: dict[str, _Mean] = {}
    left_out = []
    for slot, track in samples.tracks.items():
        try:
            means[slot] = _mean(slot, track, seconds)
        except Refusal as refusal:
            if slot in NEEDED or refusal.code != "few_samples":
                raise
            left_out.append(str(refusal))
    positions = {slot: mean.position for slot, mean in means.items()}
    rotations = {slot: mean.rotation for slot, mean in means.items()}
    _check_level(rotations["head"])
    head_yaw = float(heading_yaw(rotations["head"]))
    swapped = _across(positions, head_yaw) < 0.0
    if swapped:
        for mapping in (positions, rotations):
            _exchange(mapping)
        _exchange(means)
    apart = positions["left_hand"] - positions["right_hand"]
    hands_yaw = float(np.arctan2(-apart[0], apart[1]))
    kind = _kind(positions, hands_yaw)
    return HeldPose(
        kind=kind,
        heading=_heading(hands_yaw, head_yaw, kind),
        positions=positions,
        rotations=rotations,
        move={slot: mean.move for slot, mean in means.items()},
        turn={slot: mean.turn for slot, mean in means.items()},
        hands_swapped=swapped,
        left_out=tuple(left_out),
    )


def _exchange(mapping: dict) -> None:
    mapping["left_hand"], mapping["right_hand"] = mapping["right_hand"], mapping["left_hand"]


@dataclass(frozen=True)
class _Mean:
    position: np.ndarray
    rotation: np.ndarray
    move: float
    turn: float


def _mean(slot: str, track: Track, seconds: float) -> _Mean:
    times = track.stamps_ns * 1e-9
    covered = float(times[-1] - times[0]) if len(times) > 1 else 0.0
    gap = float(np.diff(times).max()) if len(times) > 1 else seconds
    if len(times) < MIN_SAMPLES or covered < MIN_COVER * seconds or gap > MAX_GAP:
        raise Refusal(
            "few_samples",
            f"{slot}: {len(times)} samples over {covered:.1f} s, longest gap {gap:.2f} s; needed "
            f"are {MIN_SAMPLES} over {MIN_COVER * seconds:.1f} s without a gap over {MAX_GAP} s",
        )
    position = track.positions.mean(axis=0)
    turns = matrices_from_quaternions(unit_quaternions(track.quaternions))
    rotation = mean_rotation(turns)
    moves = np.linalg.norm(track.positions - position, axis=1)
    angles = np.linalg.norm(rotation_vectors(rotation.T @ turns), axis=1)
    far, turned = np.percentile(moves, 95), np.degrees(np.percentile(angles, 95))
    if far > MAX_MOVE.get(slot, OTHER_MOVE):
        raise Refusal(
            "moved",
            f"{slot} moved by {100.0 * far:.1f} cm while the pose should have been held "
            f"(at most {100.0 * MAX_MOVE.get(slot, OTHER_MOVE):.1f} cm): stand still and try again",
        )
    if turned > MAX_TURN.get(slot, OTHER_TURN):
        raise Refusal(
            "moved",
            f"{slot} turned by {turned:.0f}° while the pose should have been held "
            f"(at most {MAX_TURN.get(slot, OTHER_TURN):.0f}°): stand still and try again",
        )
    return _Mean(
        position,
        rotation,
        float(np.sqrt(np.mean(moves**2))),
        float(np.sqrt(np.mean(angles**2))),
    )


def _check_level(rotation: np.ndarray) -> None:
    tilt = np.degrees(np.arccos(np.clip(rotation[2, 2], -1.0, 1.0)))
    if tilt > MAX_TILT:
        pitch = np.degrees(np.arcsin(np.clip(-rotation[2, 0], -1.0, 1.0)))
        roll = np.degrees(np.arctan2(rotation[2, 1], rotation[2, 2]))
        raise Refusal(
            "head_not_level",
            f"the head is tilted by {tilt:.0f}° (nose down {pitch:.0f}°, to its right {roll:.0f}°; "
            f"at most {MAX_TILT:.0f}°): look straight ahead",
        )


def _across(positions: Mapping[str, np.ndarray], yaw: float) -> float:
    """How far (m) the left hand is to the left of the right one, seen along a heading."""
    apart = positions["left_hand"] - positions["right_hand"]
    return float(apart @ (-np.sin(yaw), np.cos(yaw), 0.0))


def rough_stature(head_height: float, reach: float) -> float:
    """Return a first guess of the stature (m).

    Args:
        head_height: of the head tracker over the floor as the tracking system has it, m.
        reach: from the head tracker to the hands' trackers, mean of both sides, m.
    """
    stature = head_height / 0.936
    # Hands are about 0.49 (I) to 0.46 (T) of the stature from the eyes; a controller adds 8 cm.
    from_reach = (reach - 0.08) / 0.46
    return float(stature if 1.0 <= stature <= 2.3 else np.clip(from_reach, 1.0, 2.3))


def _kind(positions: Mapping[str, np.ndarray], yaw: float) -> str:
    """Return "T" or "I"; refuse anything else."""
    turn = axis_rotation("z", -yaw)
    head = positions["head"]
    places = {side: turn @ (positions[f"{side}_hand"] - head) for side in ("left", "right")}
    reach = float(np.mean([np.linalg.norm(place) for place in places.values()]))
    stature = rough_stature(float(head[2]), reach)
    kinds, said = {}, []
    for side, place in places.items():
        outward = 1.0 if side == "left" else -1.0
        # Shoulder from the eyes, for the default proportions.
        x = place[0] + 0.10
        y = outward * place[1] - 0.105 * stature
        z = place[2] + 0.136 * stature
        length = float(np.linalg.norm((x, y, z)))
        if length < 0.22 * stature:
            raise Refusal(
                "arms_bent",
                f"the {side} hand is {100.0 * length:.0f} cm from its shoulder: stretch the arms, "
                "out to the sides (T) or straight down (I)",
            )
        up = np.degrees(np.arcsin(z / length))
        forward = np.degrees(np.arctan2(x, y))
        kinds[side] = "neither"
        if abs(up) < 25.0 and abs(forward) < 35.0:
            kinds[side] = "T"
        elif up < -62.0:
            kinds[side] = "I"
        said.append(
            f"the {side} arm points {abs(up):.0f}° {'up' if up > 0 else 'down'}"
            + (f" and {abs(forward):.0f}° {'forward' if forward > 0 else 'back'}"
               if abs(up) < 62.0 else "")
        )  # fmt: skip
    if kinds["left"] == kinds["right"] != "neither":
        return kinds["left"]
    raise Refusal(
        "no_pose",
        f"this is neither a T- nor an I-pose: {', '.join(said)}. Hold both arms out to the sides, "
        "level (T), or let both hang straight down (I)",
    )


def _heading(hands_yaw: float, head_yaw: float, kind: str) -> float:
    """Return where the body faces: head and line of the hands, by how well each tells it."""
    turned = float((hands_yaw - head_yaw + np.pi) % (2.0 * np.pi) - np.pi)
    if abs(np.degrees(turned)) > MAX_HEAD_TURN[kind]:
        raise Refusal(
            "head_turned",
            f"the head looks {abs(np.degrees(turned)):.0f}° to the "
            f"{'right' if turned > 0 else 'left'} of where the arms say the body faces "
            f"(at most {MAX_HEAD_TURN[kind]:.0f}°): look straight ahead, arms level on both sides",
        )
    weight = HANDS_HEADING[kind] ** -2 / (HANDS_HEADING[kind] ** -2 + HEAD_HEADING**-2)
    return head_yaw + weight * turned
