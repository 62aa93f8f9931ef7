# SPDX-License-Identifier: Apache-2.0
"""A worker: loads the network once, then does bag after bag, each as if it were the first."""

from __future__ import annotations

import errno
import os
import platform
import resource
import shutil
import time
import uuid
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from kinest_ros.bags.contents import input_of
from kinest_ros.bags.reader import BagReader, Bodies, read_bodies
from kinest_ros.bags.replay import replay
from kinest_ros.bags.topics import BODY
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.files.whole import discard, put_in_place
from kinest_ros.fleet.listing import Listed
from kinest_ros.fleet.task import Done, Task
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.runtime.threads import single_threaded
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.wearer.wearer import Wearer

#: Folders of the results: of the bodies, and of what is being written.
BODIES, UNFINISHED = "bodies", ".unfinished"
_WORKERS: dict[bytes, Worker] = {}


class _MachineAtFault(KinestError):
    """No other bag would fare better here."""


class Worker:
    """Does bags for one task; the network is loaded when the first of them needs it."""

    def __init__(self, task: Task) -> None:
        """Load nothing yet."""
        self._task = task
        self._predictor: StreamingPredictor | None = None

    def do(self, bag: Listed) -> Done:
        """Do a bag; whatever is wrong with it comes back as its error."""
        wall, cpu = time.perf_counter(), time.process_time()
        figures: dict[str, Any] = {}
        error, stop = "", False
        try:
            figures = self._replay(bag) if self._task.kind == "replay" else self._score(bag)
        except _MachineAtFault as failed:
            error, stop = str(failed), True
        except KinestError as failed:
            error = str(failed)
        except OSError as failed:
            error = f"{failed.filename or bag.path}: {failed.strerror or failed}"
            stop = failed.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
        except Exception as failed:  # a bag that nobody thought of must not cost the others
            error = f"{type(failed).__name__}: {failed}"
        cost = {
            "wall_s": time.perf_counter() - wall,
            "cpu_s": time.process_time() - cpu,
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
            "worker": f"{platform.node()}:{os.getpid()}",
        }
        return Done(bag.name, figures, " ".join(error.split()), cost, stop)

    def _load(self) -> None:
        if self._predictor is not None:
            return
        from kinest_ros.model.network import load_network

        single_threaded()  # one bag a core
        task = self._task
        try:
            model = load_network(task.weights or "default", task.device)
            if model.weights_hash != task.weights_hash:
                raise KinestError(
                    f"it has other weights {task.weights or 'default'} ({model.weights_hash}) than "
                    f"the command ({task.weights_hash}); install the same version everywhere"
                )
            skeleton = task.wearer.skeleton
            self._predictor = StreamingPredictor(model, skeleton, task.device, task.runtime)
        except KinestError as error:
            raise _MachineAtFault(f"{platform.node()}: {error}") from error

    def tracker(self, skeleton: Skeleton | None = None) -> BodyTracker:
        """Return a tracker to which nothing has happened, around the network that is loaded."""
        self._load()
        assert self._predictor is not None
        who = self._task.wearer
        if skeleton is not None:
            who = Wearer(skeleton, False, who.settings)
        self._predictor.set_skeleton(who.skeleton)
        self._predictor.reset()
        return BodyTracker.of(self._predictor, who)

    def _replay(self, bag: Listed) -> dict[str, Any]:
        task = self._task
        tracker = self.tracker()
        final = Path(task.out, BODIES, bag.name)
        # Apart from everything else, so that what a killed worker leaves is swept in one go.
        staged = Path(task.out, UNFINISHED, uuid.uuid4().hex, final.name)
        digest = BodyDigest()
        try:
            with BagReader(bag.path) as reader:
                inputs = input_of(reader, task.choice)
                with _Digesting(staged, tracker.skeleton, digest) as out:
                    found = replay(reader, out, tracker, inputs, task.keep_inputs)
                notes = [*found.bad_poses.values(), *inputs.notes()]
            final.parent.mkdir(parents=True, exist_ok=True)
            put_in_place(staged, final)
        finally:
            discard(staged)
        return {**found.summary(tracker), "digest": digest.text(), "notes": notes}

    def _score(self, bag: Listed) -> dict[str, Any]:
        # With scipy, which replaying does without.
        from kinest_ros.evaluation.bag_scores import score
        from kinest_ros.evaluation.bag_tracking import track_bag

        task, path = self._task, Path(bag.path)
        tracked = None
        if not task.weights and _has_bodies(path):
            bodies = read_bodies(path)
        else:
            own = path / "skeleton.npz"
            skeleton = Skeleton.load(own) if task.own_skeleton and own.is_file() else None
            bodies, tracked = track_bag(path, self.tracker(skeleton), task.choice)
        found = score(path, bodies, tracked, task.choice).figures
        return {**found, "digest": digest_of(bodies), "notes": []}


class BodyDigest:
    """One word for all bodies of a bag: the same for the same bits, and for no others."""

    def __init__(self) -> None:
        """Begin with no body."""
        self._hash = sha256()

    def add(self, stamp_ns: int, rotations: np.ndarray, positions: np.ndarray) -> None:
        """Take a body: (22, 4) and (22, 3)."""
        self._hash.update(int(stamp_ns).to_bytes(8, "little", signed=True))
        for values in (rotations, positions):
            self._hash.update(np.ascontiguousarray(values, np.float64).tobytes())

    def text(self) -> str:
        """Return the word."""
        return self._hash.hexdigest()[:32]


def digest_of(bodies: Bodies) -> str:
    """Return the word for bodies that were read or made."""
    digest = BodyDigest()
    for each in zip(bodies.stamps_ns, bodies.local_rotations, bodies.positions, strict=True):
        digest.add(*each)
    return digest.text()


class _Digesting(BodyBagWriter):
    """A writer that digests what it writes."""

    def __init__(self, path: Path, skeleton: Skeleton, digest: BodyDigest) -> None:
        super().__init__(path, skeleton)
        self._digest = digest

    def write_body(self, body: Any, received_ns: int | None = None) -> None:
        """Write a body."""
        self._digest.add(body.stamp_ns, body.local_rotations, body.positions)
        super().write_body(body, received_ns)


def sweep(out: Path) -> None:
    """Remove what killed workers began."""
    shutil.rmtree(out / UNFINISHED, ignore_errors=True)


def do_bag(task: Task, key: bytes, bag: Listed) -> Done:
    """Do a bag in this process with the worker that it has for the task, of which key is a mark."""
    if key not in _WORKERS:
        _WORKERS.clear()  # one network in memory at a time
        _WORKERS[key] = Worker(task)
    return _WORKERS[key].do(bag)


def _has_bodies(path: Path) -> bool:
    with BagReader(path) as bag:
        return BODY in bag.types
