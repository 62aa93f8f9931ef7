# SPDX-License-Identifier: Apache-2.0
"""Why a calibration was not made."""

from __future__ import annotations

from kinest_ros.errors import KinestError

#: Code of each refusal, with what it means; the message gives the figures and what to do.
REFUSALS: dict[str, str] = {
    "missing": "a needed tracker sent nothing in the window",
    "few_samples": "a tracker sent too few samples, or with gaps",
    "devices": "the hands were tracked by several kinds of device meanwhile",
    "moved": "a tracker moved or turned while the pose should have been held",
    "head_not_level": "the head was tilted",
    "head_turned": "the head looked to the side",
    "no_pose": "the arms were neither stretched out sideways (T) nor hanging straight down (I)",
    "arms_bent": "a hand is too close to its shoulder for a straight arm",
    "height": "head height and arm length do not belong to one standing person",
    "feet": "the left foot's tracker is on the right, or a tracker is not where its body part is",
    "axes": "the poses only make sense with another input_basis",
}


class Refusal(KinestError):
    """A calibration that was refused.

    Attributes:
        code: a key of :data:`REFUSALS`.
    """

    def __init__(self, code: str, message: str) -> None:
        """Keep the code beside the message for the user."""
        assert code in REFUSALS
        super().__init__(message)
        self.code = code
