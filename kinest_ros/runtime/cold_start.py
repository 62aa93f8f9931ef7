# SPDX-License-Identifier: Apache-2.0
"""Whether a network that has seen nothing yet can be believed.

Its first outputs come from an empty state, as they did in training. For people and places unlike
those it has learnt from they contradict each other: the feet of somebody who is 20 cm too tall for
the skeleton fly about at 25 m/s for three ticks. So a stream's first frame is stepped some times
(`StreamingConfig.warm_up`), as if the wearer had stood still until then. Where the outputs agree,
that is forgotten, since on motion like that of its training the empty state is the better one.
Where they do not, the state stays, and with it the first output that is used is a settled one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.kinematics_numpy import forward_kinematics_np
from kinest_ros.model.feature_layout import FRAME_RATE

#: m/s, the most that a joint moves, from the head, between outputs that agree. On held-out motion
#: seven starts of eight are below it, and the others are better off with the state.
MOST_SPEED = 4.5
_HEAD = JOINT_INDEX["head"]


def agree(local_rotations: Sequence[np.ndarray], rest_offsets: np.ndarray) -> bool:
    """Return whether the outputs for the same frame, step by step, agree.

    Args:
        local_rotations: (22, 3, 3) each, [0] world_from_pelvis.
        rest_offsets: (22, 3) m, of the wearer.
    """
    if len(local_rotations) < 2:
        return True
    roots = np.zeros((len(local_rotations), 3))
    positions, _ = forward_kinematics_np(np.array(local_rotations), rest_offsets, roots)
    positions = positions - positions[:, _HEAD : _HEAD + 1]
    steps = np.square(np.diff(positions, axis=0)).sum(axis=-1)
    return bool(np.all(steps <= (MOST_SPEED / FRAME_RATE) ** 2))
