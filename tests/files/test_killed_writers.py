# SPDX-License-Identifier: Apache-2.0
"""A writer that is killed at any moment leaves what was there before, or what it wrote, whole."""

import multiprocessing
import os
import random

import pytest

from tests.files.writers import WRITERS, forever

#: How often each writer is killed; `make campaign` sets more.
KILLS = int(os.environ.get("KINEST_KILLS", "6"))


@pytest.fixture(scope="module")
def processes():
    """Starts processes that have the writers' modules loaded already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.files.writers"])
    return context


@pytest.mark.parametrize("kind", WRITERS)
def test_killed_at_random_moments(kind, processes, tmp_path):
    name, write, read = WRITERS[kind]
    path = tmp_path / name
    write(path, 0)
    moments = random.Random(kind)
    for _ in range(KILLS):
        begun = processes.Event()
        writer = processes.Process(target=forever, args=(write, path, begun), daemon=True)
        writer.start()
        assert begun.wait(60.0)
        writer.join(moments.uniform(0.0, 0.1))
        writer.kill()
        writer.join()
        assert read(path) > 0
        write(path, 0)  # the next writer is not hindered by what the last one left
        assert read(path) == 0


def test_what_killed_writers_leave_is_named_and_no_file_of_its_kind(processes, tmp_path):
    """So that lists of calibrations, weights and clips do not show it."""
    begun = processes.Event()
    write = WRITERS["calibration"][1]
    path = tmp_path / "anna.yaml"
    for _ in range(3):
        writer = processes.Process(target=forever, args=(write, path, begun), daemon=True)
        writer.start()
        begun.wait(60.0)
        writer.join(0.05)
        writer.kill()
        writer.join()
    others = [file for file in tmp_path.iterdir() if file != path]
    assert all(file.name.startswith(".anna.yaml.") for file in others)
    assert all(file.suffix == ".part" for file in others)
