# SPDX-License-Identifier: Apache-2.0
"""The compiled step: where it lies, how it is called, what it can run."""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from kinest_ros.errors import KinestError

#: Of the struct, of the order of weights and state, and of all calls: KINEST_LAYOUT in shape.h.
LAYOUT = 2
_HOW = (
    "it is built on installation where there is a C compiler (sudo apt install gcc, then make "
    "setup, or pip install again); or use runtime onnx"
)


class Shape(ctypes.Structure):
    """The network's sizes; see shape.h."""

    _fields_ = tuple(
        (name, ctypes.c_int32)
        for name in (
            "features", "outputs", "width", "temporal_blocks", "kinematic_blocks", "local_taps",
            "conv_taps", "inner", "heads", "d_state", "mixer_d_state", "hidden", "joints",
            "joint_width", "joint_inner", "joint_heads", "joint_d_state",
        )
    )  # fmt: skip


@cache
def library() -> ctypes.CDLL:
    """Return the compiled step; its calls release the interpreter's lock.

    Raises:
        KinestError: it was not built here, or of other sources.
    """
    files = [Path(__file__).with_name(f"_step{suffix}") for suffix in EXTENSION_SUFFIXES]
    found = [file for file in files if file.exists()]
    if not found:
        raise KinestError(f"runtime native was not compiled: {_HOW}")
    try:
        loaded = ctypes.CDLL(str(found[0]))
        layout = loaded.kinest_layout()
    except (OSError, AttributeError) as error:
        raise KinestError(f"runtime native cannot be loaded ({error}): {_HOW}") from error
    if layout != LAYOUT:
        raise KinestError(f"runtime native was compiled of other sources than these: {_HOW}")
    loaded.kinest_instructions.restype = ctypes.c_char_p
    sizes = (loaded.kinest_weights_size, loaded.kinest_state_size, loaded.kinest_scratch_size)
    for size in sizes:
        size.argtypes = [ctypes.POINTER(Shape)]
    loaded.kinest_step.argtypes = [
        ctypes.POINTER(Shape), *[ctypes.c_void_p] * 6, ctypes.c_int
    ]  # fmt: skip
    loaded.kinest_step.restype = None
    return loaded


def compiled() -> bool:
    """Whether the compiled step is to be had here."""
    try:
        library()
    except KinestError:
        return False
    return True


def instructions() -> str:
    """Return the instructions that the step uses on this processor, such as "AVX2"."""
    name: bytes = library().kinest_instructions()
    return name.decode()
