# SPDX-License-Identifier: Apache-2.0
"""Puts what ROS 2 tools look for in a package where the index of .venv says the package is.

Links and not copies: the launch file, the parameter files and the layouts stay those of the
checkout, as its code does. Each file is linked and not its folder, since `ros2 launch` searches a
package's share folder without going into linked folders.
"""

from __future__ import annotations

import shutil
from pathlib import Path

#: Folders of the checkout that belong to the package's share folder, as CMakeLists.txt has it.
FOLDERS = ("launch", "config", "rviz", "foxglove")
#: Executables as `ros2 run` and launch find them, in lib/<package>.
EXECUTABLES = ("kinest", "kinest_node")


def links(root: Path, venv: Path) -> dict[Path, Path]:
    """Target by link, of all that is to be there."""
    share, lib = venv / "share" / "kinest_ros", venv / "lib" / "kinest_ros"
    wanted = {
        share / file.relative_to(root): file
        for folder in FOLDERS
        for file in sorted((root / folder).rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }
    # Those of pip and not of scripts/: they name the Python of .venv.
    return wanted | {lib / name: venv / "bin" / name for name in EXECUTABLES}


def link(root: Path, venv: Path) -> bool:
    """Makes the links that are missing and removes those without a target; whether there were."""
    worked = False
    for folder in FOLDERS:
        for old in (venv / "share" / "kinest_ros" / folder).rglob("*"):
            if old.is_symlink() and not old.exists():
                old.unlink()
                worked = True
    for place, target in links(root, venv).items():
        if place.is_symlink() and place.readlink() == target:
            continue
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
        worked = True
    return worked
