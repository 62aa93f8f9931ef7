# SPDX-License-Identifier: Apache-2.0
"""What a source's terms allow: --terms of kinest train.

A folder of clips declares its terms in a file terms.json, for itself and all folders below:

    {"licence": "CC BY 4.0", "commercial": true}

"commercial" says whether weights that were trained on the clips may be used commercially. Where no
folder says anything, the sources that this package knows by the names of their files have the terms
of their origin, and all others are unknown: to be on the safe side, they permit nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import parse_json, read_text
from kinest_ros.motion.clips.labels import label_of

#: Values of --terms.
ANY, COMMERCIAL = "any", "commercial"
FILE_NAME = "terms.json"


class Terms(NamedTuple):
    """The licence of a source, and whether what is learnt from it may be used commercially."""

    licence: str
    commercial: bool


_CMU = Terms("CMU Graphics Lab Motion Capture Database: free for commercially sold products", True)
KNOWN: dict[str, Terms] = {
    "bandai": Terms("CC BY-NC 4.0", False),
    "cmuasf": _CMU,
    "convseq": _CMU,
    "iclone": _CMU,
    "papagina": _CMU,
    "smartbody": Terms("LGPL-2.1, a program's licence: taken for research only", False),
    "vhtoolkit": Terms("USC-RL 3.0: education, research, non-profit", False),
}
UNKNOWN = Terms("not declared", False)


def terms_of(clip: Path, data: Path) -> Terms:
    """Return the terms of a clip below the data folder.

    Raises:
        KinestError: a terms.json that cannot be read.
    """
    folder = clip.parent
    while True:
        if (declared := _declared(folder / FILE_NAME)) is not None:
            return declared
        if folder == data or folder == folder.parent:
            break
        folder = folder.parent
    return KNOWN.get(label_of(clip, data).source, UNKNOWN)


def permitted(clips: Sequence[Path], data: Path, terms: str) -> tuple[list[Path], dict[str, Terms]]:
    """Return the clips that the terms allow, in their order, and what was left out.

    Args:
        clips: the clips.
        data: folder that they are in.
        terms: ANY or COMMERCIAL.

    Returns:
        The clips, and the terms of the folders or known sources that were left out, by name.

    Raises:
        KinestError: nothing is left, or a terms.json cannot be read.
    """
    if terms == ANY:
        return list(clips), {}
    kept, gone = [], {}
    for clip in clips:
        own = terms_of(clip, data)
        if own.commercial:
            kept.append(clip)
        else:
            gone[label_of(clip, data).source] = own
    if clips and not kept:
        said = "; ".join(f"{name}: {own.licence}" for name, own in gone.items())
        raise KinestError(
            f"--terms {terms} leaves no clip ({said}). A folder whose clips may be used so "
            f'declares it in a file {FILE_NAME}: {{"licence": "...", "commercial": true}}'
        )
    return kept, gone


def _declared(path: Path) -> Terms | None:
    if not path.is_file():
        return None
    try:
        found = parse_json(read_text(path))
        licence, commercial = found["licence"], found["commercial"]
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise KinestError(f"{path} is not as it should be ({error!r}): {_FORM}") from error
    if not isinstance(licence, str) or not isinstance(commercial, bool):
        raise KinestError(f"{path} is not as it should be: {_FORM}")
    return Terms(licence, commercial)


_FORM = 'it holds {"licence": "a name", "commercial": true or false}'
