# SPDX-License-Identifier: Apache-2.0
"""Which clips a command reads: all of a folder, or one list of a split file."""

import json
from pathlib import Path

from kinest_ros.errors import KinestError


def split_clips(data: Path, split: Path | None, part: str) -> list[Path]:
    """Return the clips of one part.

    Args:
        data: folder of .npz clips.
        split: JSON file with lists of paths below data; None takes all clips below data.
        part: name of the list.

    Raises:
        KinestError: no such folder, file or list, or clips that are not there.
    """
    if not data.is_dir():
        raise KinestError(f"--data {data} is not a folder")
    if split is None:
        clips = sorted(data.rglob("*.npz"))
        if not clips:
            raise KinestError(f"--data {data} holds no .npz clips")
        return clips
    if not split.is_file():
        raise KinestError(f"--split {split} does not exist")
    try:
        lists = {
            name: names for name, names in json.loads(split.read_text()).items()
            if isinstance(names, list)
        }  # fmt: skip
    except (ValueError, AttributeError) as error:
        raise KinestError(f"--split {split} is not JSON with lists of paths: {error}") from error
    if part not in lists:
        raise KinestError(
            f"--split {split} has no list {part!r}; it has {', '.join(lists) or 'none'}"
        )
    clips = [data / name for name in lists[part]]
    missing = [path for path in clips if not path.is_file()]
    if missing:
        raise KinestError(
            f"{len(missing)} clips of {part!r} in {split} are not below {data}, "
            f"the first is {missing[0]}"
        )
    return clips
