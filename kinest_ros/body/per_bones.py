# SPDX-License-Identifier: Apache-2.0
"""What follows from bones alone is worked out once, not at each tick."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

import numpy as np

_Made = TypeVar("_Made")
#: Bones that are remembered: those of the bodies of one process.
_MOST = 64


def per_bones(make: Callable[[np.ndarray], _Made]) -> Callable[[np.ndarray], _Made]:
    """Decorate a function of rest offsets (22, 3) so that it works once for the same array.

    Only for arrays that nobody writes to, as a `Skeleton`'s; of others (bones that grow) nothing
    is kept.
    """
    # The arrays are kept with what was made of them, so that no other one gets their id.
    kept: dict[int, tuple[np.ndarray, _Made]] = {}

    @functools.wraps(make)
    def made_of(rest_offsets: np.ndarray) -> _Made:
        found = kept.get(id(rest_offsets))
        if found is not None and not rest_offsets.flags.writeable:
            return found[1]
        made = make(rest_offsets)
        if not rest_offsets.flags.writeable:
            if len(kept) >= _MOST:
                kept.clear()
            kept[id(rest_offsets)] = (rest_offsets, made)
        return made

    return made_of
