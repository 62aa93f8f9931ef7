# SPDX-License-Identifier: Apache-2.0
"""Clips of some sources only, or of all but some: --source and --leave-out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kinest_ros.errors import KinestError
from kinest_ros.motion.clips.labels import label_of

SOURCE_NAMES = (
    "a dataset as tables name it (bandai, cmu), a source within it (papagina, convseq), or a "
    "folder right below --data; several by commas or by repeating the option"
)


def source_list(values: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names that an option was given, each once: values may hold commas."""
    names = (name.strip() for value in values or () for name in value.split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def only_sources(
    clips: Sequence[Path], data: Path, names: Sequence[str], option: str = "--source"
) -> list[Path]:
    """Return the clips of the named sources, in their order; all of them where none is named.

    Args:
        clips: the clips.
        data: folder that they are in.
        names: see SOURCE_NAMES.
        option: to name in an error.

    Raises:
        KinestError: no clip is of one of the sources.
    """
    if not names:
        return list(clips)
    known = [_names_of(clip, data) for clip in clips]
    unknown = set(names).difference(*known)
    if unknown:
        there = sorted(set().union(*known))
        raise KinestError(
            f"{option} {', '.join(sorted(unknown))}: no clip is of that source; there are "
            f"{', '.join(there) or 'none'}"
        )
    return [clip for clip, own in zip(clips, known, strict=True) if own & set(names)]


def without_sources(
    clips: Sequence[Path], data: Path, names: Sequence[str], option: str = "--leave-out"
) -> list[Path]:
    """Return the clips of all sources but the named ones, in their order.

    Raises:
        KinestError: as only_sources, or nothing is left.
    """
    if not names:
        return list(clips)
    gone = set(only_sources(clips, data, names, option))
    kept = [clip for clip in clips if clip not in gone]
    if not kept:
        raise KinestError(f"{option} {', '.join(names)} leaves no clip")
    return kept


def _names_of(clip: Path, data: Path) -> set[str]:
    label = label_of(clip, data)
    folders = clip.relative_to(data).parts[:-1] if clip.is_relative_to(data) else ()
    return {label.dataset, label.source, *folders[:1]}
