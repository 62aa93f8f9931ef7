# SPDX-License-Identifier: Apache-2.0
"""Keeps a node on time: nothing left to be collected and, where asked for, first in line.

A process of the real-time class SCHED_FIFO runs before all ordinary ones, and its locked memory is
never paged out. Both need a permission that users do not have by default.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
from pathlib import Path

_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_HOW = (
    "allow it in /etc/security/limits.d/ ('USER - rtprio 99' and 'USER - memlock unlimited', then "
    "log in again), or start the container with --cap-add SYS_NICE --cap-add IPC_LOCK"
)


def settle() -> None:
    """Collect garbage now, and leave all that is there now out of later collections.

    PyTorch and ROS leave 300,000 objects that stay; a full collection looks through all of them, in
    which time no body is made.
    """
    gc.unfreeze()  # what was let go of since the last time
    gc.collect()
    gc.freeze()


def hurry(priority: int) -> list[str]:
    """Run all threads of this process as SCHED_FIFO, and lock its memory.

    Threads that are started later by these are of the same class.

    Args:
        priority: 1 to 99; more comes first.

    Returns:
        A warning for each thing that is not permitted; the process goes on without.
    """
    return [text for text in (_first_in_line(priority), _locked()) if text]


def _first_in_line(priority: int) -> str:
    try:
        for thread in Path("/proc/self/task").iterdir():
            os.sched_setscheduler(int(thread.name), os.SCHED_FIFO, os.sched_param(priority))
    except ProcessLookupError:
        return _first_in_line(priority)  # one has just ended
    except OSError as error:
        return (
            f"realtime_priority {priority}: the system refuses SCHED_FIFO ({error.strerror}); the "
            f"node runs with normal scheduling: {_HOW}"
        )
    return ""


def _locked() -> str:
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    # Under a limit the lock might hold now, and an allocation fail in the middle of a movement.
    if limit != resource.RLIM_INFINITY and os.geteuid() != 0:
        return f"realtime_priority: memory is not locked, as only {limit >> 20} MB may be: {_HOW}"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0:
        return ""
    reason = os.strerror(ctypes.get_errno())
    return f"realtime_priority: the system refuses to lock memory ({reason}): {_HOW}"
