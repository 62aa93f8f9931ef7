# SPDX-License-Identifier: Apache-2.0
"""Figures as files, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kinest_ros.errors import KinestError
from kinest_ros.files.whole import whole_file


def save_figure(figure: Any, path: Path, **options: Any) -> None:
    """Write a matplotlib figure; the format is what the name ends in, PNG without an ending.

    Args:
        figure: what to draw.
        path: of the picture.
        options: as matplotlib's savefig takes them.

    Raises:
        KinestError: no kind of picture has such an ending.
        OSError: as `whole_file`.
    """
    kind = path.suffix[1:].lower() or "png"
    if kind not in figure.canvas.get_supported_filetypes():
        raise KinestError(f"{path}: pictures do not end in .{kind}; use .png, .jpg, .pdf or .svg")
    with whole_file(path) as stream:
        figure.savefig(stream, format=kind, **options)
