# SPDX-License-Identifier: Apache-2.0
"""The device that a network runs on."""

from __future__ import annotations

import sys
from pathlib import Path

from kinest_ros.errors import KinestError

#: What a driver of a device that PyTorch can use puts here on Linux: NVIDIA's, on boards and under
#: WSL too, and AMD's, which PyTorch also calls cuda.
_DRIVERS = ("nvidia*", "nvhost*", "nvmap", "dxg", "kfd")


def resolve_device(device: str) -> str:
    """Return "cpu" or "cuda" for auto, cpu or cuda.

    Raises:
        KinestError: another name, or cuda where there is none.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise KinestError(f"device is {device!r}; use auto, cpu or cuda")
    # PyTorch takes longer to load than all else: it is not asked what it need not know.
    if device == "cpu" or (device == "auto" and not _has_driver()):
        return "cpu"
    import torch

    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise KinestError(
            "device is cuda, but PyTorch sees no CUDA device here: use device auto or cpu, or "
            "install a CUDA build of PyTorch and its driver"
        )
    return "cuda" if available else "cpu"


def _has_driver(devices: Path = Path("/dev")) -> bool:
    """Whether PyTorch might find a device; elsewhere than on Linux it is asked."""
    if not sys.platform.startswith("linux"):
        return True
    return any(any(devices.glob(name)) for name in _DRIVERS)
