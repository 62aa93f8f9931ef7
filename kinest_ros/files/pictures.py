# SPDX-License-Identifier: Apache-2.0
"""Figures as files, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kinest_ros.files.whole import whole_file


def save_figure(figure: Any, path: Path, **options: Any) -> None:
    """Write a matplotlib figure; the format is what the name ends in, PNG without an ending.

    Args:
        figure: what to draw.
        path: of the picture.
        options: as matplotlib's savefig takes them.

    Raises:
        OSError: as `whole_file`.
    """
    with whole_file(path) as stream:
        figure.savefig(stream, format=path.suffix[1:] or "png", **options)
