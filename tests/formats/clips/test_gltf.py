# SPDX-License-Identifier: Apache-2.0
"""glTF: what independent readers find in what we write is the motion that was put in."""

import base64

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import JOINT_NAMES
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.formats.clips.write_bvh import Y_UP_FROM_ROS
from kinest_ros.formats.clips.write_gltf import write_gltf
from kinest_ros.motion.procedural.performance import generate
from tests.tracking.fakes import SKELETON

_SIZES = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


@pytest.fixture(scope="module")
def motion():
    return generate("walking", SKELETON, 4, 1.0)


@pytest.fixture(scope="module")
def wanted(motion):
    positions, _ = forward_kinematics_np(
        motion.local_rotations, SKELETON.rest_offsets, motion.root_position
    )
    return positions @ Y_UP_FROM_ROS.T


def read(path):
    gltf = pytest.importorskip("pygltflib").GLTF2().load(str(path))
    data = gltf.binary_blob()
    if data is None:
        data = base64.b64decode(gltf.buffers[0].uri.partition(",")[2])
    assert gltf.buffers[0].byteLength == len(data)

    def numbers(index):
        accessor = gltf.accessors[index]
        view = gltf.bufferViews[accessor.bufferView]
        kind = {5126: "<f4", 5121: "u1"}[accessor.componentType]
        count = accessor.count * _SIZES[accessor.type]
        found = np.frombuffer(data, kind, count, view.byteOffset)
        assert found.nbytes == view.byteLength and view.byteOffset % 4 == 0
        return found.reshape(accessor.count, -1).squeeze()

    return gltf, numbers


def posed(gltf, numbers):
    """World matrices (N, nodes, 4, 4), as a viewer makes them."""
    animation = gltf.animations[0]
    times = numbers(animation.samplers[0].input)
    count, nodes = len(times), len(gltf.nodes)
    places = np.zeros((count, nodes, 3))
    turns = np.tile((0.0, 0.0, 0.0, 1.0), (count, nodes, 1))
    for index, node in enumerate(gltf.nodes):
        if node.translation is not None:
            places[:, index] = node.translation
    for channel in animation.channels:
        sampler = animation.samplers[channel.sampler]
        assert sampler.input == animation.samplers[0].input
        values = numbers(sampler.output)
        (places if channel.target.path == "translation" else turns)[:, channel.target.node] = values
    local = np.tile(np.eye(4), (count, nodes, 1, 1))
    local[..., :3, :3] = (
        Rotation.from_quat(turns.reshape(-1, 4)).as_matrix().reshape(count, nodes, 3, 3)
    )
    local[..., :3, 3] = places
    world = local.copy()
    order = list(gltf.scenes[gltf.scene].nodes)
    while order:
        parent = order.pop(0)
        for child in gltf.nodes[parent].children or ():
            world[:, child] = world[:, parent] @ local[:, child]
            order.append(child)
    return times, world


@pytest.mark.parametrize("name", ["body.glb", "body.gltf"])
def test_joints_are_where_they_were(motion, wanted, tmp_path, name):
    write_gltf(motion, SKELETON, tmp_path / name)
    gltf, numbers = read(tmp_path / name)
    times, world = posed(gltf, numbers)
    np.testing.assert_allclose(times, np.arange(len(motion)) / 60.0, atol=1e-6)
    index = {node.name: i for i, node in enumerate(gltf.nodes)}
    for joint, label in enumerate(JOINT_NAMES):
        np.testing.assert_allclose(world[:, index[label], :3, 3], wanted[:, joint], atol=1e-5)
    accessor = gltf.accessors[gltf.animations[0].samplers[0].input]
    assert accessor.min == [0.0] and accessor.max[0] == pytest.approx(times[-1], abs=1e-6)


def test_the_skin_follows_the_joints(motion, wanted, tmp_path):
    """Each bone's solid reaches, in every frame, from its joint to the next."""
    write_gltf(motion, SKELETON, tmp_path / "body.glb")
    gltf, numbers = read(tmp_path / "body.glb")
    _, world = posed(gltf, numbers)
    skin = gltf.skins[0]
    inverse = numbers(skin.inverseBindMatrices).reshape(-1, 4, 4).transpose(0, 2, 1)
    moved = world[:, skin.joints] @ inverse
    attributes = gltf.meshes[0].primitives[0].attributes
    corners, joints = numbers(attributes.POSITION), numbers(attributes.JOINTS_0)[:, 0]
    assert (numbers(attributes.WEIGHTS_0).sum(-1) == 1.0).all()
    np.testing.assert_allclose(np.linalg.norm(numbers(attributes.NORMAL), axis=-1), 1.0, atol=1e-5)
    at = np.concatenate((corners, np.ones((len(corners), 1))), axis=1)
    skinned = np.einsum("nvij,vj->nvi", moved[:, joints], at)[..., :3]
    distances = np.linalg.norm(skinned[:, :, None] - wanted[:, None], axis=-1).min(axis=1)
    assert distances.max() < 1e-5


def test_another_reader_opens_it(motion, tmp_path):
    trimesh = pytest.importorskip("trimesh")
    write_gltf(motion, SKELETON, tmp_path / "body.glb")
    scene = trimesh.load(tmp_path / "body.glb")
    assert set(JOINT_NAMES) <= set(scene.graph.nodes)
    mesh = next(iter(scene.geometry.values()))
    assert len(mesh.faces) == 22 * 8
    for name, place in zip(JOINT_NAMES, SKELETON.rest_positions(), strict=True):
        found = scene.graph.get(name)[0][:3, 3]
        rest = place - SKELETON.rest_positions()[0] + (0.0, SKELETON.pelvis_height, 0.0)
        np.testing.assert_allclose(found, rest, atol=1e-6)
