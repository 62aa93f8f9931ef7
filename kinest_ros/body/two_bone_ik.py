# SPDX-License-Identifier: Apache-2.0
"""Two-bone inverse kinematics: the smallest turn of a limb that brings its end to a target."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.rotations_numpy import matrices_about_axes

#: Limbs whose bend has a sine below this lie in no plane of their own.
STRAIGHT = 1e-6


_YZX, _ZXY = np.array([1, 2, 0]), np.array([2, 0, 1])


def two_bone_ik(
    upper_rotation: np.ndarray,
    lower_rotation: np.ndarray,
    upper_offset: np.ndarray,
    lower_offset: np.ndarray,
    reach: np.ndarray,
    hinge: np.ndarray,
    least_bend: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Turn a limb's two bones so that the limb's end comes to a target.

    First the limb is folded or stretched in its own plane, its end keeping its direction from the
    root, to the wanted length (law of cosines); then the whole limb is turned the shortest way
    onto the target. So the middle joint keeps its swivel about the line from root to end. Targets
    out of reach give a straight limb (or one folded as far as it goes) pointing at the target; a
    target at the root itself has no direction, so the limb keeps its own.

    All arguments broadcast over their leading shapes.

    Args:
        upper_rotation: world rotations (..., 3, 3) of the upper bone (shoulder or hip joint).
        lower_rotation: world rotations (..., 3, 3) of the lower bone (elbow or knee joint).
        upper_offset: (..., 3) m, the middle joint in the upper bone's axes.
        lower_offset: (..., 3) m, the end in the lower bone's axes.
        reach: (..., 3) m, from the root joint to the target, in the world.
        hinge: (..., 3) unit axis in the upper bone's axes, perpendicular to its offset, about
            which a straight limb bends; used where the limb has no plane of its own.
        least_bend: rad, less than half a turn. A limb that is bent by less about its hinge is bent
            about it first: what is all but straight, or bent a little the wrong way, has a plane
            that says nothing, and turns over from one tick to the next.

    Returns:
        New world rotations (..., 3, 3) of the upper and of the lower bone.
    """
    upper = _rotated(upper_rotation, upper_offset)
    lower = _rotated(lower_rotation, lower_offset)
    if least_bend > 0.0:
        bones = upper_rotation, lower_rotation, upper, lower
        upper_rotation, lower_rotation, upper, lower = _bent_first(*bones, reach, hinge, least_bend)
    upper_length, lower_length, reach_length = _length(upper), _length(lower), _length(reach)
    product = upper_length * lower_length
    normal = _cross(upper, lower)
    sine = _length(normal)
    normal = np.where(
        (sine > STRAIGHT * product)[..., None],
        normal / np.maximum(sine, 1e-300)[..., None],
        _rotated(upper_rotation, hinge),
    )
    # Angles in the limb's plane: of the bend, and from the upper bone to the end's direction.
    bend = np.arctan2(sine, _dot(upper, lower))
    # Law of cosines, with what cannot be reached clamped to a straight or a folded limb.
    cosine = (reach_length**2 - upper_length**2 - lower_length**2) / (2.0 * product)
    new_bend = np.arccos(np.minimum(np.maximum(cosine, -1.0), 1.0))
    fold = _lean(upper_length, lower_length, bend) - _lean(upper_length, lower_length, new_bend)

    # A limb folded back onto its root points nowhere; its upper bone stands in.
    end = upper + lower
    least = STRAIGHT * upper_length
    end = np.where((_length(end) > least)[..., None], end, upper)
    goal = np.where((reach_length > least)[..., None], reach, end)
    axis, swing = _shortest_turn(end, goal, normal)
    axes, angles = np.empty((3, *axis.shape)), np.empty((3, *swing.shape))
    axes[:2], axes[2] = normal, axis
    angles[0], angles[1], angles[2] = fold, fold + new_bend - bend, swing
    fold_upper, fold_lower, turn = matrices_about_axes(axes, angles)
    return turn @ fold_upper @ upper_rotation, turn @ fold_lower @ lower_rotation


def _bent_first(
    upper_rotation: np.ndarray,
    lower_rotation: np.ndarray,
    upper: np.ndarray,
    lower: np.ndarray,
    reach: np.ndarray,
    hinge: np.ndarray,
    least_bend: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return rotations and bones of limbs bent about their hinge, their ends where they pointed.

    As far as the reach asks for another length: a limb that is as long as it is to be stays.
    """
    axis = _rotated(upper_rotation, hinge)
    lacking = least_bend - _signed_angle(_dot(_cross(upper, lower), axis), _dot(upper, lower))
    if not (lacking > 0.0).any():
        return upper_rotation, lower_rotation, upper, lower
    end = upper + lower
    length = _length(end)
    change = np.abs(_length(reach) - length) / (_length(upper) + _length(lower))
    share = np.minimum(change / (0.5 * least_bend**2), 1.0)
    turn = matrices_about_axes(axis, share * _from_zero(lacking, least_bend))
    back = matrices_about_axes(*_shortest_turn(upper + _rotated(turn, lower), end, axis))
    return (
        back @ upper_rotation,
        back @ turn @ lower_rotation,
        _rotated(back, upper),
        _rotated(back @ turn, lower),
    )


def _signed_angle(sine: np.ndarray, cosine: np.ndarray) -> np.ndarray:
    """Return angles (...,), rad, from a right angle the wrong way to one and a half the right way.

    So a limb that is folded a little beyond half a turn is not taken for one bent back.
    """
    angle: np.ndarray = np.arctan2(-cosine, sine) + 0.5 * np.pi
    return angle


def _from_zero(lacking: np.ndarray, scale: float) -> np.ndarray:
    """Return what is lacking (...,), rad, beginning without a kink over a scale."""
    part = np.maximum(lacking, 0.0)
    softened: np.ndarray = np.where(part < scale, part * part / (2.0 * scale), part - 0.5 * scale)
    return softened


def _lean(upper_length: np.ndarray, lower_length: np.ndarray, bend: np.ndarray) -> np.ndarray:
    """Return the angle (...,) from the upper bone to the direction of the limb's end."""
    angle: np.ndarray = np.arctan2(
        lower_length * np.sin(bend), upper_length + lower_length * np.cos(bend)
    )
    return angle


def _shortest_turn(
    start: np.ndarray, goal: np.ndarray, half_turn_axis: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return axis (..., 3) and angle (...,) of the smallest turn of start onto goal (..., 3).

    The axis is half_turn_axis, which is perpendicular to start, where the two are opposite.
    """
    axis = _cross(start, goal)
    sine, cosine = _length(axis), _dot(start, goal)
    clear = sine > 1e-9 * np.abs(cosine)
    unit = axis / np.maximum(sine, 1e-300)[..., None]
    return np.where(clear[..., None], unit, half_turn_axis), np.arctan2(sine, cosine)


def _rotated(rotation: np.ndarray, vector: np.ndarray) -> np.ndarray:
    turned: np.ndarray = (rotation @ vector[..., None])[..., 0]
    return turned


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    # numpy.cross takes several times as long on arrays this small.
    ahead, behind = first.take(_YZX, -1), first.take(_ZXY, -1)
    product: np.ndarray = ahead * second.take(_ZXY, -1) - behind * second.take(_YZX, -1)
    return product


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    product: np.ndarray = np.einsum("...i,...i->...", first, second)
    return product


def _length(vector: np.ndarray) -> np.ndarray:
    length: np.ndarray = np.sqrt(_dot(vector, vector))
    return length
