# SPDX-License-Identifier: Apache-2.0
"""What surrounds the network's step, compiled: single calls in the place of dozens of numpy's.

A tick is hundreds of operations on arrays so small that numpy takes longer to be called than to
work. Each function here does what one in Python does, to rounding; that one is used where nothing
was compiled (`COMPILED`), and says what it does. All arrays are float64 and in C's order unless
said otherwise; what is returned is new. Calls keep the interpreter's lock: they take microseconds,
and to give it up would hand the processor to any other thread in the middle of a tick.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.body.limb_ik import Numbers
from kinest_ros.body.per_bones import per_bones
from kinest_ros.runtime.native.library import compiled, library

#: Doubles that are remembered of a body's frame before: positions (6, 3), rotations (6, 9), heading
#: (9,), which were valid (6,), and the body's size; and of a posture: whether there is one, joints
#: smoothed and raw (20, 9), and their speeds (20,).
FRAME, POSTURE = 88, 381
_ROTATIONS, _SIGMA = 9 * NUM_JOINTS, 9 * NUM_JOINTS + 2

#: Where the numbers of an array begin; it keeps the array.
Place = ctypes.Array[ctypes.c_char]
_Place: Any = ctypes.c_char * 1
_pointer, _double, _int = ctypes.c_void_p, ctypes.c_double, ctypes.c_int


def _calls() -> ctypes.PyDLL | None:
    if not compiled():
        return None
    calls = ctypes.PyDLL(library()._name)
    for name, arguments in {
        "features": [*[_pointer] * 7, _int, _int, _int],
        "decode": [*[_pointer] * 4, _double, _pointer],
        "world": [_pointer] * 2,
        "hang": [_pointer] * 4,
        "quaternions": [_pointer] * 2,
        "smooth": [_pointer] * 4,
        "bend": [_pointer, _pointer, _int, _int, _pointer, *[_double] * 4],
    }.items():
        call = getattr(calls, f"kinest_{name}")
        call.argtypes, call.restype = arguments, None
    calls.kinest_bend.restype = _int
    return calls


_C: Any = _calls()
#: Whether these are to be had; False in tests of the functions that they stand for.
COMPILED = _C is not None


#: `place(array)`, for an array of our own: writeable, in C's order, of the right type. To make one
#: takes as long as a call, so those of arrays that stay are kept.
place: Callable[[np.ndarray], Place] = _Place.from_buffer


def features(
    scales: Place,
    memory: Place,
    rows: Place,
    width: int,
    positions: np.ndarray,
    rotations: np.ndarray,
    valid: np.ndarray,
    canonical: bool,
) -> np.ndarray:
    """Write the next frame's features into `rows` and return the headings; see `FrameFeatures`."""
    headings = np.empty((len(valid), 3, 3))
    _C.kinest_features(
        scales, memory, _of(positions), _of(rotations), _of(valid, np.bool_), rows,
        place(headings), len(valid), width, canonical,
    )  # fmt: skip
    return headings


def decode(
    sixd: np.ndarray, logits: np.ndarray, log_variance: np.ndarray, heading: np.ndarray, half: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return local rotations (22, 3, 3), contacts (2,), confidence (22,) and expected errors (22,).

    Args:
        sixd: (132,) float32, of the network.
        logits: (2,) float32, of the contacts.
        log_variance: (22,) float32.
        heading: (3, 3) world_from_heading.
        half: m, error at which confidence is one half.
    """
    out = np.empty(_SIGMA + 2 * NUM_JOINTS)
    _C.kinest_decode(
        _of(sixd, np.float32), _of(logits, np.float32), _of(log_variance, np.float32), _of(heading),
        half, place(out),
    )  # fmt: skip
    sigma, confidence = out[_SIGMA : _SIGMA + NUM_JOINTS], out[_SIGMA + NUM_JOINTS :]
    return out[:_ROTATIONS].reshape(-1, 3, 3), out[_ROTATIONS:_SIGMA], confidence, sigma


def world(local: np.ndarray) -> np.ndarray:
    """Return `world_rotations` of (22, 3, 3)."""
    found = np.empty((NUM_JOINTS, 3, 3))
    _C.kinest_world(_of(local), place(found))
    return found


def hang(world: np.ndarray, rest_offsets: np.ndarray, head: np.ndarray) -> np.ndarray:
    """Return `positions_from_head` of (22, 3, 3), (22, 3) and (3,)."""
    places = np.empty((NUM_JOINTS, 3))
    _C.kinest_hang(_of(world), _bones(rest_offsets), _of(head), place(places))
    return places


def quaternions(world: np.ndarray) -> np.ndarray:
    """Return local and world quaternions xyzw (2, 22, 4) of world rotations (22, 3, 3)."""
    found = np.empty((2, NUM_JOINTS, 4))
    _C.kinest_quaternions(_of(world), place(found))
    return found


def smooth(settings: Place, memory: Place, head_link: np.ndarray, world: np.ndarray) -> None:
    """Smooth world rotations (22, 3, 3) in place; see `PostureSmoother`."""
    _C.kinest_smooth(settings, memory, _of(head_link), place(world))


def bend(
    world: Place,
    positions: Place,
    root: int,
    stride: int,
    limb: Place,
    reach: Numbers,
    least_bend: float = 0.0,
) -> bool:
    """Bend a limb of a body as `bend_limb` does, in place; False, and nothing, if it cannot be.

    Args:
        world: world_from_joint (22, 3, 3).
        positions: (22, 3) m; those of the joints behind the root are moved along.
        root: joint at which the limb begins.
        stride: from each of its joints to the next: 2 for an arm, 3 for a leg with its toe.
        limb: (9,) upper and lower bone and hinge; of legs with the toe (12,); see `Limb`.
        reach: (3,) m, from the root to where the limb's end is to be.
        least_bend: rad.
    """
    return bool(_C.kinest_bend(world, positions, root, stride, limb, *reach, least_bend))


def _of(array: np.ndarray, kind: type = np.float64) -> Place:
    """Return where the numbers of anybody's array begin, or of a copy that we can use."""
    usable: np.ndarray = np.ascontiguousarray(array, kind)
    return place(usable if usable.flags.writeable else usable.copy())


@per_bones
def _bones(rest_offsets: np.ndarray) -> Place:
    return place(np.array(rest_offsets, dtype=np.float64))
