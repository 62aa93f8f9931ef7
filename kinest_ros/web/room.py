# SPDX-License-Identifier: Apache-2.0
"""What the pages of one body share: who feeds it, and what it looks like at present."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kinest_ros.tracking.frame import TrackerFrame

#: Takes whether a calibration succeeded, and the text for its wearer; from any thread.
Answer = Callable[[bool, str], None]


@dataclass(frozen=True)
class ShownBody:
    """What pages are shown of a body.

    Attributes:
        stamp_ns: its time.
        positions: (22, 3) m, in ROS's axes.
        confidence: (22,) in (0, 1].
        states: (6,) `TrackerState` by slot.
    """

    stamp_ns: int
    positions: np.ndarray
    confidence: np.ndarray
    states: np.ndarray


@dataclass(frozen=True)
class Hooks:
    """What is done with what a headset sends; called on the server's thread.

    Attributes:
        now_ns: the time that frames are to be stamped with, ns.
        on_frame: takes frames in ROS's axes; one with no poses says that nobody wears the headset.
        on_calibrate: the wearer holds the pose; takes what answers.
        on_deadman: whether the wearer holds a trigger; said at every frame, and when it is over.
    """

    now_ns: Callable[[], int]
    on_frame: Callable[[TrackerFrame], None]
    on_calibrate: Callable[[Answer], None]
    on_deadman: Callable[[bool], None] = lambda held: None


class Seat(Protocol):
    """What a room knows of a headset.

    Attributes:
        address: where it comes from.
    """

    address: str

    def facts(self) -> dict[str, str]:
        """Return what diagnostics say of it."""


class Room:
    """One body: of any number of pages that are open, one at a time is its headset's.

    Attributes:
        name: of the body; empty where there is only one.
        frame_id: the fixed frame that frames are said to be in.
        hooks: what is done with what comes.
        seated: the headset that feeds the body.
        last: the one that did last, for diagnostics.
        body: the newest.
        open_pages: pages that are connected.
    """

    def __init__(self, name: str, frame_id: str, hooks: Hooks) -> None:
        """Begin with nobody there."""
        self.name, self.frame_id, self.hooks = name, frame_id, hooks
        self.seated: Seat | None = None
        self.last: Seat | None = None
        self.body: ShownBody | None = None
        self.open_pages = 0

    def sit(self, headset: Seat) -> bool:
        """Let a headset feed the body, if no other one does."""
        if self.seated is None:
            self.seated = self.last = headset
        return self.seated is headset

    def rise(self, headset: Seat) -> None:
        """Let somebody else take the seat, if this headset has it: nobody wears it any more."""
        if self.seated is headset:
            self.seated = None
            self.hooks.on_deadman(False)
            self.hooks.on_frame(
                TrackerFrame(self.hooks.now_ns(), {}, frame_id=self.frame_id, worn=False)
            )

    def facts(self) -> dict[str, str]:
        """Return what diagnostics say of the headset."""
        if self.last is None:
            return {"headset": "none yet"}
        state = "in use" if self.seated is self.last else "not in use"
        return {"headset": f"{self.last.address}, {state}", **self.last.facts()}
