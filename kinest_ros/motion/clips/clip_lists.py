# SPDX-License-Identifier: Apache-2.0
"""Which clips a command reads: all of a folder, or one part of a split."""

from pathlib import Path, PurePosixPath

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import parse_json, read_text
from kinest_ros.motion.clips.labels import label_of
from kinest_ros.motion.clips.split import PARTS, split_by_rule

#: Value of --split for the rule that the repository keeps.
RULE = "rule"
SPLIT_HELP = (
    "'rule' for our split of Bandai Namco and CMU clips by their names; a JSON file with lists of "
    "paths; or a folder of public AMASS lists, SUBSET/PART_split.txt. Without it all clips count"
)
#: Value of --part for the clips of all parts: those that a split leaves out stay out.
EVERY_PART = "all"
#: Clips that are left of a dataset when each N-th is taken: a mean over fewer says little.
AT_LEAST = 32
#: Most bytes of a list of clips.
LIST_LIMIT = 1 << 26
#: Files in AMASS folders that are no motion.
_NOT_MOTION = ("shape", "stagei")
#: What a folder has that is a bag.
_OF_A_BAG = "metadata.yaml"


def split_clips(data: Path, split: Path | None, part: str) -> list[Path]:
    """Return the clips of one part.

    Args:
        data: folder of .npz clips.
        split: "rule"; a JSON file with lists of paths below data; a folder with a text file of
            paths for every subset and part; None takes all clips below data.
        part: name of the list; EVERY_PART for the clips of all lists.

    Raises:
        KinestError: no such folder, file or list, or clips that are not there.
    """
    if not data.is_dir():
        raise KinestError(f"--data {data} is not a folder")
    if split is None:
        return _all_clips(data)
    if str(split) == RULE:
        parts = split_by_rule(_all_clips(data), data)
        clips = parts.get(part, [])
        if part == EVERY_PART:
            clips = sorted(clip for own in parts.values() for clip in own)
        if not clips:
            raise KinestError(
                f"--split rule has no clips for {part!r} in {data}: the parts are "
                f"{', '.join((*PARTS, EVERY_PART))}, and clips are known by the names "
                "of Bandai Namco's and our CMU files"
            )
        return clips
    if split.is_dir():
        return _from_text_lists(data, split, part)
    clips = [data / name for name in _from_json(split, part)]
    _check_present(data, clips, f"{part!r} in {split}")
    return clips


def thinned(clips: list[Path], data: Path, every: int) -> list[Path]:
    """Return each every-th clip of each dataset, but no fewer than AT_LEAST of one that has them.

    Args:
        clips: the clips.
        data: folder that they are in.
        every: 1 or more.
    """
    datasets: dict[str, list[Path]] = {}
    for clip in clips:
        datasets.setdefault(label_of(clip, data).dataset, []).append(clip)
    kept = []
    for own in datasets.values():
        count = max(-(-len(own) // every), min(AT_LEAST, len(own)))
        kept += [own[index * len(own) // count] for index in range(count)]
    return kept


def _all_clips(data: Path) -> list[Path]:
    clips = [path for path in sorted(data.rglob("*.npz")) if not _is_no_motion(path)]
    if not clips and (data / _OF_A_BAG).is_file():
        raise KinestError(
            f"--data {data} is a bag, and clips are needed: kinest convert {data} --to amass --out "
            "CLIP.npz makes one of its bodies. (kinest evaluate takes bags without --data)"
        )
    if not clips:
        raise KinestError(f"--data {data} holds no .npz clips")
    return clips


def _is_no_motion(path: Path) -> bool:
    if path.name == "skeleton.npz" and (path.parent / _OF_A_BAG).is_file():
        return True  # beside the messages of kinest synth
    return path.stem.endswith(_NOT_MOTION)


def _from_json(split: Path, part: str) -> list[str]:
    if not split.is_file():
        raise KinestError(f"--split {split} does not exist")
    try:
        lists = {
            name: names for name, names in parse_json(read_text(split, LIST_LIMIT)).items()
            if isinstance(names, list) and all(isinstance(path, str) for path in names)
        }  # fmt: skip
    except (OSError, ValueError, AttributeError) as error:
        raise KinestError(f"--split {split} is not JSON with lists of paths: {error}") from error
    if part == EVERY_PART and part not in lists:
        return list(dict.fromkeys(name for names in lists.values() for name in names))
    if part not in lists:
        raise KinestError(
            f"--split {split} has no list {part!r}; it has {', '.join(lists) or 'none'}"
        )
    return lists[part]


def _from_text_lists(data: Path, folder: Path, part: str) -> list[Path]:
    """Read SUBSET/PART_split.txt of every subset.

    The published lists hold paths of their authors' machines, so a path is taken from the
    subset's folder on.
    """
    wanted = "*" if part == EVERY_PART else part
    files = sorted(folder.glob(f"*/{wanted}_split.txt"))
    if not files:
        known = sorted(path.name for path in folder.glob("*/*_split.txt"))
        raise KinestError(
            f"--split {folder} has no SUBSET/{part}_split.txt; it has {', '.join(known) or 'none'}"
        )
    clips = []
    for file in files:
        subset = file.parent.name
        for line in read_text(file, LIST_LIMIT).splitlines():
            path = PurePosixPath(line.strip().replace("\\", "/"))
            if not path.name or _is_no_motion(Path(path)):
                continue
            parts = path.parts
            if subset in parts:
                path = PurePosixPath(*parts[parts.index(subset) :])
            clips.append(data / path)
    _check_present(data, clips, f"{part!r} in {folder}")
    return list(dict.fromkeys(clips))


def _check_present(data: Path, clips: list[Path], where: str) -> None:
    missing = [path for path in clips if not path.is_file()]
    if missing:
        raise KinestError(
            f"{len(missing)} clips of {where} are not below {data}, the first is {missing[0]}"
        )
