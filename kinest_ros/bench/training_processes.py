# SPDX-License-Identifier: Apache-2.0
"""Training throughput on several processes of this machine that share their gradients (gloo).

Run as a module it is one of the processes, as torchrun starts them, and prints its times as JSON.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time

import numpy as np

from kinest_ros.errors import KinestError

_ROUNDS, _STEPS, _WARM_UP, _FRAMES = 2, 5, 1, 768
_LONGEST = 900.0


def processes_throughput(processes: int) -> list[dict[str, float]]:
    """Return a row for one process and one for several, a thread each, measured in turns.

    Returns:
        Rows with "processes", "seconds_per_step" (median), "frames_per_second" of all together, and
        "cpu_seconds": processor time of a step in each process, which other programs on the machine
        do not change much.

    Raises:
        KinestError: a process failed.
    """
    found: dict[int, list[tuple[float, float]]] = {1: [], processes: []}
    for _ in range(_ROUNDS):
        for count, times in found.items():
            times += _run(count)
    rows = []
    for count, times in found.items():
        seconds, cpu = np.median(np.array(times), axis=0)
        frames = count * _FRAMES / seconds
        rows.append(
            {"processes": count, "seconds_per_step": seconds, "frames_per_second": frames,
             "cpu_seconds": cpu}
        )  # fmt: skip
    return rows


def _run(count: int) -> list[tuple[float, float]]:
    """Return seconds and processor seconds of the steps of all processes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    shared = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    command = [sys.executable, "-m", "kinest_ros.bench.training_processes"]
    running = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE,
            env={**os.environ, **shared, "RANK": str(rank), "OMP_NUM_THREADS": "1"},
        )
        for rank in range(count)
    ]  # fmt: skip
    try:
        said = [process.communicate(timeout=_LONGEST)[0] for process in running]
    finally:
        for process in running:
            process.kill()
    if any(process.returncode for process in running):
        raise KinestError(f"a process of {count} that trained failed; see above")
    return [tuple(times) for text in said for times in json.loads(text)]


def main() -> None:
    """Train for some steps and print their times."""
    import torch

    from kinest_ros.bench.training import Learner
    from kinest_ros.model.config import StreamingConfig
    from kinest_ros.motion.clips.corpus import procedural_corpus
    from kinest_ros.training.cpu_memory import keep_freed_memory
    from kinest_ros.training.processes import Processes

    torch.set_num_threads(1)
    keep_freed_memory()
    processes = Processes()
    if processes.world > 1:
        torch.distributed.init_process_group("gloo")
    learner = Learner(
        StreamingConfig(), procedural_corpus(0.02), "cpu", _FRAMES, False,
        lambda model: processes.share_gradients(model.parameters(), 0.0), 1000 * processes.rank,
    )  # fmt: skip
    times = []
    for index in range(_WARM_UP + _STEPS):
        start, cpu = time.perf_counter(), time.process_time()
        learner.step()
        if index >= _WARM_UP:
            times.append((time.perf_counter() - start, time.process_time() - cpu))
    if processes.world > 1:
        torch.distributed.destroy_process_group()
    print(json.dumps(times))


if __name__ == "__main__":
    main()
