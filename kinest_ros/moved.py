# SPDX-License-Identifier: Apache-2.0
"""Import paths that README, docs and scripts once named: those that moved work, with a warning."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import Loader
else:
    # The real one does nothing here, and importing it takes a third of `kinest --help`.
    Loader = object

#: Where the modules are now.
MOVED = {
    "kinest_ros.bags.aframe": "kinest_ros.formats.recordings.aframe",
    "kinest_ros.body.rotations": "kinest_ros.body.rotations_torch",
    "kinest_ros.model.released": "kinest_ros.model.published.checkpoint",
    "kinest_ros.node.inputs.options": "kinest_ros.decoding.options",
    "kinest_ros.node.inputs.poses": "kinest_ros.decoding.poses",
    "kinest_ros.node.outputs.body_messages": "kinest_ros.bags.body_messages",
    "kinest_ros.node.outputs.wire": "kinest_ros.bags.wire",
    "kinest_ros.node.health": "kinest_ros.node.diagnostics.health",
    "kinest_ros.tracking.mount": "kinest_ros.tracking.devices.mount",
    "kinest_ros.tracking.physique": "kinest_ros.tracking.wearer.physique",
    "kinest_ros.tracking.posing": "kinest_ros.tracking.fitting.posing",
    "kinest_ros.tracking.resampler": "kinest_ros.tracking.sampling.resampler",
    "kinest_ros.tracking.sample_track": "kinest_ros.tracking.sampling.sample_track",
}


class _MovedModules(Loader):
    """Finds a moved module under its old name, and loads it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        now = MOVED[module.__name__]
        # Seen from the import statement: the frames of importlib in between are left out.
        warnings.warn(
            f"{module.__name__} has moved: import {now}", DeprecationWarning, stacklevel=2
        )
        found = importlib.import_module(now)
        module.__dict__.update({k: v for k, v in vars(found).items() if not k.startswith("__")})
        module.__doc__ = found.__doc__


def install() -> None:
    """Let the old names be imported; a second call changes nothing."""
    if not any(isinstance(finder, _MovedModules) for finder in sys.meta_path):
        sys.meta_path.append(_MovedModules())
