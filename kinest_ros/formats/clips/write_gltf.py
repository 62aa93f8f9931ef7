# SPDX-License-Identifier: Apache-2.0
"""Write whole-body motion as glTF 2.0: a skinned skeleton of 22 joints with an animation.

Y up, +Z ahead, metres, as the format asks (https://registry.khronos.org/glTF/specs/2.0). A file
that ends in .glb is binary, any other one JSON with its numbers inside.
"""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from kinest_ros.body.joints import JOINT_NAMES, PARENTS
from kinest_ros.body.rotations_numpy import continuous, quaternions_from_matrices
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.files.whole import write_whole
from kinest_ros.formats.clips.bone_shapes import bone_mesh
from kinest_ros.formats.clips.write_bvh import Y_UP_FROM_ROS
from kinest_ros.motion.clip import Motion

_FLOAT, _BYTE = 5126, 5121
_VERTICES = 34962
_KINDS = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}


class _Buffer:
    """Numbers one after the other, with the views and accessors that tell them apart."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(self, values: np.ndarray, bounds: bool = False, vertices: bool = False) -> int:
        """Add an array (N,) or (N, K) and return its accessor's index."""
        component = _BYTE if values.dtype == np.uint8 else _FLOAT
        values = values.astype(np.uint8 if component == _BYTE else "<f4")
        self.data.extend(bytes(-len(self.data) % 4))
        view: dict[str, Any] = {
            "buffer": 0, "byteOffset": len(self.data), "byteLength": values.nbytes,
        }  # fmt: skip
        if vertices:
            view["target"] = _VERTICES
        self.data.extend(values.tobytes())
        width = 1 if values.ndim == 1 else values.shape[1]
        accessor: dict[str, Any] = {
            "bufferView": len(self.views), "componentType": component, "count": len(values),
            "type": _KINDS[width],
        }  # fmt: skip
        if bounds:
            rows = values.reshape(len(values), -1)
            accessor |= {"min": rows.min(0).tolist(), "max": rows.max(0).tolist()}
        self.views.append(view)
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def write_gltf(motion: Motion, skeleton: Skeleton, path: Path) -> None:
    """Write a clip: float32 numbers, rotations as quaternions xyzw, times in s from 0.

    The motion's world (Z up) becomes the format's (Y up).

    Raises:
        OSError: it cannot be written.
    """
    buffer = _Buffer()
    content = _content(motion, skeleton, buffer)
    buffer.data.extend(bytes(-len(buffer.data) % 4))
    content["bufferViews"], content["accessors"] = buffer.views, buffer.accessors
    content["buffers"] = [{"byteLength": len(buffer.data)}]
    if path.suffix.lower() == ".glb":
        text = json.dumps(content, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<I4s", len(text), b"JSON") + text
        chunks += struct.pack("<I4s", len(buffer.data), b"BIN\0") + bytes(buffer.data)
        write_whole(path, struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)
    else:
        packed = base64.b64encode(buffer.data).decode()
        content["buffers"][0]["uri"] = f"data:application/octet-stream;base64,{packed}"
        write_whole(path, json.dumps(content))


def _content(motion: Motion, skeleton: Skeleton, buffer: _Buffer) -> dict[str, Any]:
    rest = skeleton.rest_positions() - skeleton.rest_positions()[0]
    corners, normals, joints = bone_mesh(skeleton)
    bound = np.zeros((len(joints), 4), np.uint8)
    bound[:, 0] = joints
    weights = np.zeros((len(joints), 4))
    weights[:, 0] = 1.0
    attributes = {
        "POSITION": buffer.add(corners, bounds=True, vertices=True),
        "NORMAL": buffer.add(normals, vertices=True),
        "JOINTS_0": buffer.add(bound, vertices=True),
        "WEIGHTS_0": buffer.add(weights, vertices=True),
    }
    inverse = np.tile(np.eye(4), (len(rest), 1, 1))
    inverse[:, :3, 3] = -rest
    nodes: list[dict[str, Any]] = []
    for joint, name in enumerate(JOINT_NAMES):
        node: dict[str, Any] = {"name": name}
        children = [child for child, parent in enumerate(PARENTS) if parent == joint]
        if children:
            node["children"] = children
        if joint:
            node["translation"] = skeleton.rest_offsets[joint].tolist()
        else:
            node["translation"] = [0.0, float(skeleton.pelvis_height), 0.0]
        nodes.append(node)
    nodes.append({"name": "body", "mesh": 0, "skin": 0})
    material = {
        "name": "bones",
        "pbrMetallicRoughness": {
            "baseColorFactor": [0.80, 0.55, 0.25, 1.0], "metallicFactor": 0.0,
            "roughnessFactor": 0.8,
        },
    }  # fmt: skip
    return {
        "asset": {"version": "2.0", "generator": "kinest_ros"},
        "scene": 0,
        "scenes": [{"name": "motion", "nodes": [0, len(JOINT_NAMES)]}],
        "nodes": nodes,
        "meshes": [{"name": "bones", "primitives": [{"attributes": attributes, "material": 0}]}],
        "materials": [material],
        "skins": [
            {
                "name": "skeleton", "skeleton": 0, "joints": list(range(len(JOINT_NAMES))),
                # Columns one after the other.
                "inverseBindMatrices": buffer.add(inverse.transpose(0, 2, 1).reshape(-1, 16)),
            }
        ],
        "animations": [_animation(motion, buffer)],
    }  # fmt: skip


def _animation(motion: Motion, buffer: _Buffer) -> dict[str, Any]:
    rotations = motion.local_rotations.copy()
    rotations[:, 0] = Y_UP_FROM_ROS @ rotations[:, 0]
    turns = continuous(quaternions_from_matrices(rotations))
    times = buffer.add(np.arange(len(motion)) / motion.fps, bounds=True)
    places = buffer.add(motion.root_position @ Y_UP_FROM_ROS.T)
    samplers = [{"input": times, "output": places}]
    channels = [{"sampler": 0, "target": {"node": 0, "path": "translation"}}]
    for joint in range(len(JOINT_NAMES)):
        samplers.append({"input": times, "output": buffer.add(turns[:, joint])})
        channels.append({"sampler": joint + 1, "target": {"node": joint, "path": "rotation"}})
    return {"name": "motion", "samplers": samplers, "channels": channels}
