# SPDX-License-Identifier: Apache-2.0
"""Unpack fpzip's floats, in a process of its own: the library trusts whatever it is given."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np

from kinest_ros.errors import KinestError

#: Most bytes of memory, and seconds, that unpacking may take.
_MEMORY, _SECONDS = 4 << 30, 120
#: The child: stdin is packed, stdout is rows, columns, then float32.
_CHILD = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
import fpzip, numpy
a = numpy.ascontiguousarray(fpzip.decompress(sys.stdin.buffer.read())[0][0], dtype="<f4")
sys.stdout.buffer.write(numpy.array(a.shape, "<i8").tobytes() + a.tobytes())
"""


def unpack(packed: bytes) -> np.ndarray:
    """Return the (N, M) float32 array that fpzip packed.

    Raises:
        KinestError: the package fpzip is missing.
        ValueError: bytes that are none of its own, or that unpack to too much.
    """
    if importlib.util.find_spec("fpzip") is None:
        raise KinestError("XROR recordings need fpzip: pip install 'kinest_ros[formats]'")
    if packed[:2] != b"fp":
        raise ValueError("its frames are not compressed with fpzip")
    child = [sys.executable, "-c", _CHILD.format(memory=_MEMORY)]
    try:
        done = subprocess.run(
            child, input=packed, capture_output=True, timeout=_SECONDS, check=True
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise ValueError("its frames cannot be decompressed: they are damaged") from None
    shape = np.frombuffer(done.stdout[:16], "<i8")
    if len(shape) != 2 or shape.prod() * 4 != len(done.stdout) - 16:
        raise ValueError("its frames cannot be decompressed: they are damaged")
    return np.frombuffer(done.stdout, "<f4", offset=16).reshape(shape)
