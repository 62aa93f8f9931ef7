# SPDX-License-Identifier: Apache-2.0
"""Recordings as other programs write them, made here from poses that are known."""

import struct

import numpy as np
from scipy.spatial.transform import Rotation

DEVICES = ("head", "left_hand", "right_hand")
_ROS_FROM_UNITY = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def poses(count=40, rate=72.0, seed=3):
    """Times (N,), s, and by device positions (N, 3), m, and quaternions (N, 4), ROS axes."""
    rng = np.random.default_rng(seed)
    times = np.arange(count) / rate
    found = {}
    for index, name in enumerate(DEVICES):
        phase = times[:, None] * rng.uniform(1, 3, 3) + rng.uniform(0, 6, 3)
        places = np.array([0.1, 0.3 * index - 0.3, 1.6 - 0.5 * bool(index)]) + 0.1 * np.sin(phase)
        found[name] = places, Rotation.from_rotvec(0.5 * np.cos(phase)).as_quat()
    return times, found


def in_unity(places, turns):
    """The same poses in Unity's axes."""
    back = _ROS_FROM_UNITY.T
    vectors = turns[:, :3] @ (np.linalg.det(back) * back).T
    return places @ back.T, np.concatenate((vectors, turns[:, 3:]), axis=1)


def bsor(times, found, modifiers="", speed=0.0, begun="1700000000", name="somebody"):
    """A replay as the mod BeatLeader writes it."""

    def text(value):
        data = value.encode()
        return struct.pack("<i", len(data)) + data

    first = ["0.9", "1.29", begun, "7656", name, "steam", "OpenXR", "Quest", "Touch"]
    song = ["a" * 40, "a song", "a mapper", "Expert"]
    info = b"".join(map(text, first + song)) + struct.pack("<i", 123)
    info += b"".join(map(text, ["Standard", "Rooms", modifiers]))
    info += struct.pack("<f?ffff", 18.0, False, 1.7, 0.0, 0.0, speed)
    frames = b""
    unity = {device: in_unity(*pose) for device, pose in found.items()}
    for index, time in enumerate(times):
        frames += struct.pack("<fi", time, 72)
        for device in DEVICES:
            frames += (
                np.concatenate([part[index] for part in unity[device]]).astype("<f4").tobytes()
            )
    head = struct.pack("<i", 0x442D3D69) + b"\x01\x00"
    return head + info + b"\x01" + struct.pack("<i", len(times)) + frames + b"\x02" + bytes(4)


def bson(value):
    """A BSON document of texts, whole numbers, bytes, lists and objects."""

    def element(name, item):
        name = name.encode() + b"\0"
        if isinstance(item, dict):
            return b"\x03" + name + bson(item)
        if isinstance(item, list):
            return b"\x04" + name + bson({str(i): each for i, each in enumerate(item)})
        if isinstance(item, str):
            data = item.encode() + b"\0"
            return b"\x02" + name + struct.pack("<i", len(data)) + data
        if isinstance(item, bytes):
            return b"\x05" + name + struct.pack("<iB", len(item), 0) + item
        return b"\x09" + name + struct.pack("<q", item)  # a date, in ms

    body = b"".join(element(*pair) for pair in value.items())
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def xror(times, found, modifiers=""):
    """A recording as MetaGuard's library packs it."""
    import fpzip

    rows = np.concatenate(
        [times[:, None], *(part for d in DEVICES for part in in_unity(*found[d]))], axis=1
    ).astype(np.float32)
    joints = {"head": "HEAD", "left_hand": "HAND_LEFT", "right_hand": "HAND_RIGHT"}
    devices = [
        {
            "name": d,
            "type": "OTHER",
            "joint": joints[d],
            "axes": ["x", "y", "z", "i", "j", "k", "1"],
        }
        for d in DEVICES
    ]
    activity = {"name": "a song", "modifiers": modifiers}
    info = {"timestamp": 1_700_000_000_000, "hardware": {"devices": devices}}
    info["software"] = {"activity": activity}
    return bson({"$id": "x", "info": info, "frames": bytes(fpzip.compress(rows)), "events": []})
