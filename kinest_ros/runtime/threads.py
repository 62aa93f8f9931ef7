# SPDX-License-Identifier: Apache-2.0
"""How many threads PyTorch may use where frames come one at a time; it need not be loaded yet."""

from __future__ import annotations

import sys

_wanted: int | None = None


def single_threaded() -> None:
    """Let PyTorch use one thread in this process, now or when it comes to be loaded to step.

    One frame's matrices are small: waking a second thread costs more than it computes, many times
    more on a busy machine, and it rounds otherwise.
    """
    global _wanted
    _wanted = 1
    if sys.modules.get("torch") is not None:
        apply()


def apply() -> None:
    """Set what was asked for; PyTorch is loaded."""
    if _wanted is not None:
        import torch

        torch.set_num_threads(_wanted)
