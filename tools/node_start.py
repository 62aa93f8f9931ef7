# SPDX-License-Identifier: Apache-2.0
"""What a node costs until it is active: python -m tools.node_start [STARTS]."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

#: s that a start may take.
LONGEST = 120.0


def start() -> tuple[float, float, float]:
    """Return the seconds and processor seconds until a node is active, and its memory in MB."""
    command = [sys.executable, "-m", "kinest_ros.node.main", "--ros-args", "-p", "autostart:=true"]
    with tempfile.TemporaryFile("w+") as log:
        begin = time.monotonic()
        node = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            while "]: active" not in _all_of(log.fileno()):
                if node.poll() is not None or time.monotonic() - begin > LONGEST:
                    raise SystemExit(f"the node did not start:\n{_all_of(log.fileno())}")
                time.sleep(0.01)
            wall = time.monotonic() - begin
            ticks = Path(f"/proc/{node.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
            pages = int(Path(f"/proc/{node.pid}/statm").read_text().split()[1])
        finally:
            node.send_signal(signal.SIGINT)
            node.wait(30.0)
    cpu = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return wall, cpu, pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _all_of(log: int) -> str:
    return os.pread(log, 1 << 20, 0).decode(errors="replace")


def main(starts: int) -> None:
    """Start a node some times and print each."""
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    for _ in range(starts):
        wall, cpu, memory = start()
        print(f"active after {wall:.2f} s, {cpu:.2f} s of it on the processor; {memory:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
