# SPDX-License-Identifier: Apache-2.0
"""What a clip's file name says: its source, the people in it, the action and the style."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

#: Sources that are conversions of CMU recordings; they are reported together.
CMU_SOURCES = ("cmuasf", "papagina", "convseq", "iclone")
#: Styles of Bandai Namco's second dataset by the group of actors that performed them.
_BANDAI_GROUPS = {
    "feminine": "A", "youthful": "A",
    "active": "B", "elderly": "B", "exhausted": "B",
    "masculine": "C", "normal": "C",
}  # fmt: skip
_BANDAI = re.compile(r"dataset-(?P<part>[12])_(?P<action>[a-z-]+)_(?P<style>[a-z-]+)_\d+")
_CONVSEQ = re.compile(r"(?:train|test)_(?P<action>[a-z_]+)_(?P<number>\d+)(?:_s\d+)?")
_PAPAGINA = re.compile(r"(?P<action>indian|martial|salsa)_\d+(?:_s\d+)?")
_ICLONE = re.compile(r"0(?P<subject>\d\d)_\d+(?:_s\d+)?")
#: Names that CMU gives: known in a folder of this name alone, since others number clips like that.
_CMUASF = re.compile(r"(?P<subject>\d{2,3})_\d\d(?:_s\d+)?")
_SMARTBODY = re.compile(r"\w+?__motions__(?P<character>Chr[A-Z][a-z]+)(?:_(?P<action>\w+))?")
_VHTOOLKIT = re.compile(r"ChrGeneric(?P<sex>Mle|Fml)Adult_(?P<action>\w+)_[0-9a-f]{6}")
#: Walks up to this number are of another recording session than the later ones.
_FIRST_WALKS = 5


@dataclass(frozen=True)
class ClipLabel:
    """What is known of a clip from its name.

    Attributes:
        path: below the data folder, with slashes.
        source: the collection it is from.
        group: the people, or the recording session, where known.
        action: what they do.
        style: how they do it; empty where there is one only.
        kind: of action, by kinest_ros.motion.clips.kinds; empty where nobody looked.
    """

    path: str
    source: str
    group: str
    action: str
    style: str = ""
    kind: str = ""

    @property
    def dataset(self) -> str:
        """The name under which figures are reported: all CMU conversions are one."""
        return "cmu" if self.source in CMU_SOURCES else self.source


def label_of(path: Path | str, data: Path | None = None) -> ClipLabel:
    """Return the label of a clip.

    Names of Bandai Namco's files, of the CMU conversions and of the USC ICT characters (SmartBody,
    Virtual Human Toolkit) are understood; of any other file, the first folder below the data
    folder is the source (in AMASS: the subset), the folder of the file the group (the subject),
    and the name without its numbers the action.

    Args:
        path: of the .npz file.
        data: the data folder; None takes the file's folder for the source.
    """
    path = Path(path)
    inside = data is not None and path.is_relative_to(data)
    relative = path.relative_to(data) if inside and data else Path(path.parent.name, path.name)
    name, where = path.stem, relative.as_posix()
    if found := _BANDAI.fullmatch(name):
        style = found["style"]
        group = "D1" if found["part"] == "1" else _BANDAI_GROUPS.get(style, "")
        return ClipLabel(where, "bandai", group, found["action"], style)
    if found := _PAPAGINA.fullmatch(name):
        return ClipLabel(where, "papagina", f"CMU_{found['action']}", found["action"])
    if found := _CONVSEQ.fullmatch(name):
        action = found["action"]
        late = action == "walking" and int(found["number"]) > _FIRST_WALKS
        return ClipLabel(where, "convseq", f"CMU_{action}" + ("_extra" if late else ""), action)
    if path.parent.name == "cmuasf" and (found := _CMUASF.fullmatch(name)):
        subject = found["subject"]
        return ClipLabel(where, "cmuasf", f"CMU{subject}", f"subject {subject}")
    if found := _SMARTBODY.fullmatch(name):
        group = f"ICT_{found['character']}"
        return ClipLabel(where, "smartbody", group, _words(found["action"] or ""))
    if found := _VHTOOLKIT.fullmatch(name):
        group = "VHT_male" if found["sex"] == "Mle" else "VHT_female"
        return ClipLabel(where, "vhtoolkit", group, _words(found["action"]))
    if found := _ICLONE.fullmatch(name):
        return ClipLabel(where, "iclone", f"CMU{found['subject']}", f"subject {found['subject']}")
    folders = relative.parts[:-1]
    source = folders[0] if folders else path.parent.name
    action = re.sub(r"(_poses|_stageii)$", "", name)
    action = re.sub(r"[\d_-]+", " ", action).strip() or name
    return ClipLabel(where, source, folders[-1] if folders else source, action)


def _words(name: str) -> str:
    """Return "IdleSeatedBack01_BeatLowLf02" as "idle seated back beat low lf"."""
    return " ".join(word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name))
