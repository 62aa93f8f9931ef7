# SPDX-License-Identifier: Apache-2.0
"""What figures were measured on, and the memory a process takes."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

import torch


def machine(device: str) -> dict[str, str | int | float]:
    """Return a description of the machine and of what runs on it."""
    cpu = platform.processor() or "unknown"
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].split(":", 1)[1].strip() if names else cpu
    return {
        "cpu": cpu,
        "cores": os.cpu_count() or 0,
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "torch": torch.__version__,
        "onnxruntime": _version("onnxruntime"),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def resident_mb() -> float:
    """Return the resident memory of this process, MB (10^6 bytes)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
