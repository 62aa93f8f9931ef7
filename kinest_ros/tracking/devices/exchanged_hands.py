# SPDX-License-Identifier: Apache-2.0
"""The door of a wearer who holds left what is called right: names are put right once, at entry."""

from __future__ import annotations

from dataclasses import replace

from kinest_ros.tracking.frame import TrackerFrame

_OTHER_HAND = {"left_hand": "right_hand", "right_hand": "left_hand"}


def other_hand(slot: str) -> str:
    """Return the slot of the other hand; any other name as it is."""
    return _OTHER_HAND.get(slot, slot)


def with_hands_exchanged(frame: TrackerFrame) -> TrackerFrame:
    """Return a frame with the poses of the two hands under each other's names."""
    if _OTHER_HAND.keys().isdisjoint(frame.poses):
        return frame
    return replace(frame, poses={other_hand(slot): pose for slot, pose in frame.poses.items()})
