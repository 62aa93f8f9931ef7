# SPDX-License-Identifier: Apache-2.0
"""Keeps the memory of freed tensors for the next ones, on CPUs with glibc."""

import contextlib
import ctypes

#: From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def keep_freed_memory() -> None:
    """Tell glibc to keep freed blocks: otherwise each large tensor is mapped and zeroed anew.

    Without effect where there is no glibc.
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_THRESHOLD, 1 << 30)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
