# SPDX-License-Identifier: Apache-2.0
"""Files of other formats for the campaign of damaged files."""

import json
from collections.abc import Callable
from pathlib import Path

from kinest_ros.cli.convert_bodies import _write_table
from kinest_ros.errors import KinestError
from kinest_ros.formats.clips.bodies_table import read_bodies_table
from kinest_ros.formats.clips.read_bvh import read_bvh
from kinest_ros.formats.recordings.bson import parse_bson
from kinest_ros.formats.recordings.read import read_recording
from kinest_ros.motion.procedural.performance import generate
from tests.formats.clips.foreign import MIXAMO, bvh_text
from tests.formats.recordings.files import DEVICES, bson, bsor, poses
from tests.tracking.fakes import SKELETON

#: How such a file is made in a folder, how it is read, and whether it is text.
Exchange = tuple[Callable[[Path], Path], Callable[[Path], object], bool]
_TIMES, _POSES = poses(12)


def _file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _reader(kind: str) -> Callable[[Path], object]:
    return lambda path: list(read_recording(kind, [(None, path)], None).frames())


def _rows(separator: str) -> list[str]:
    values = [[float(t) + 1.0, *_POSES["head"][0][i], *_POSES["head"][1][i]]
              for i, t in enumerate(_TIMES)]  # fmt: skip
    return [separator.join(map(repr, map(float, row))) for row in values]


def _table(folder: Path) -> Path:
    return _file(folder, "head.csv", "\n".join(["time_s,x,y,z,qx,qy,qz,qw", *_rows(",")]))


def _log(folder: Path) -> Path:
    frames = [
        {"time_s": float(t) + 1.0, **{
            name: {"position": _POSES[name][0][i].tolist(), "rotation": _POSES[name][1][i].tolist()}
            for name in DEVICES
        }}
        for i, t in enumerate(_TIMES)
    ]  # fmt: skip
    return _file(folder, "log.json", json.dumps({"basis": "ros", "frames": frames}))


def _bodies(folder: Path) -> Path:
    motion = generate("standing", SKELETON, 0, 0.1)
    _write_table(motion, SKELETON, folder / "bodies.csv")
    return folder / "bodies.csv"


def _bvh(folder: Path) -> Path:
    return _file(
        folder, "a.bvh", bvh_text(generate("standing", SKELETON, 0, 0.1), SKELETON, MIXAMO)
    )


def _bson(folder: Path) -> Path:
    return _file(folder, "a.bson", bson({"a": "text", "b": {"c": 5, "d": [b"bytes", "x"]}}))


def _read_bson(path: Path) -> object:
    try:
        return parse_bson(path.read_bytes())
    except ValueError as error:
        raise KinestError(str(error)) from None


EXCHANGE: dict[str, Exchange] = {
    "BSOR": (lambda f: _file(f, "a.bsor", bsor(_TIMES, _POSES)), _reader("bsor"), False),
    "BSON": (_bson, _read_bson, False),
    "TUM": (lambda f: _file(f, "head.tum", "\n".join(_rows(" "))), _reader("tum"), True),
    "table": (_table, _reader("table"), True),
    "pose log": (_log, _reader("json"), True),
    "bodies": (_bodies, read_bodies_table, True),
    "BVH": (_bvh, read_bvh, True),
}
