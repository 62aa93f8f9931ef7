# SPDX-License-Identifier: Apache-2.0
"""Where the processor time of `kinest replay` goes: python -m tools.replay_stages BAG."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

SPENT: defaultdict[str, float] = defaultdict(float)


def timed(owner: Any, name: str, stage: str) -> None:
    """Count the processor time that a function takes to a stage."""
    inner: Callable[..., Any] = getattr(owner, name)

    def outer(*args: Any, **kwargs: Any) -> Any:
        start = time.process_time()
        try:
            return inner(*args, **kwargs)
        finally:
            SPENT[stage] += time.process_time() - start

    setattr(owner, name, outer)


def main(bag: Path) -> None:
    """Replay a bag and print a table."""
    begin = time.process_time()
    from kinest_ros.bags.inputs import BagInput
    from kinest_ros.bags.replay import ReplayReport
    from kinest_ros.bags.writer import BodyBagWriter
    from kinest_ros.cli.main import main as kinest
    from kinest_ros.runtime.predictor import StreamingPredictor
    from kinest_ros.tracking import following
    from kinest_ros.tracking.body_tracker import BodyTracker

    loaded = time.process_time()
    timed(following, "push_usable", "tracking, with the network")
    timed(StreamingPredictor, "step", "of it the network")
    timed(BodyBagWriter, "write_body", "bodies: messages made and written")
    timed(BodyTracker, "build", "network loaded")
    timed(ReplayReport, "add", "figures")
    heard = BagInput.heard

    def counted(self: BagInput, others: Any = ()) -> Any:
        messages = heard(self, others)
        while True:
            start = time.process_time()
            found = next(messages, None)
            SPENT["trackers read and decoded"] += time.process_time() - start
            if found is None:
                return
            yield found

    BagInput.heard = counted  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        kinest(["replay", str(bag), "--out", f"{folder}/out", "--stature", "1.8"])
    total = time.process_time()
    known = sum(SPENT.values()) - SPENT["of it the network"]
    rows = {"process started, modules loaded": loaded, **SPENT}
    rows["everything else (inputs copied, bag closed, modules loaded late)"] = (
        total - loaded - known
    )
    for stage, seconds in rows.items():
        print(f"{seconds:7.2f} s  {stage}")
    print(f"{total:7.2f} s  in all ({begin:.2f} s before the first module)")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
