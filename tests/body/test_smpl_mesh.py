# SPDX-License-Identifier: Apache-2.0
"""The skin of a user's body model, on synthetic files of its format."""

from __future__ import annotations

import builtins
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("smplx", reason="needs the extra smpl")

import torch

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.body.smpl_files import load_rest_joints, skeleton_from_smpl
from kinest_ros.body.smpl_mesh import SmplMesh, write_obj
from kinest_ros.errors import KinestError
from tests.body.test_smpl_files import JOINTS, synthetic
from tests.node.bodies import random_body

BETAS = [0.7, -1.1]


def model(kind: str = "smpl", vertices: int = 200) -> dict[str, np.ndarray]:
    """A model whose vertices in pairs belong to one joint each, with some blend shapes."""
    rng = np.random.default_rng(1)
    count = JOINTS[kind]
    weights = np.zeros((vertices, count))
    weights[np.arange(vertices), np.minimum(np.arange(vertices) // 2, count - 1)] = 1.0
    return {
        **synthetic(kind, vertices),
        "posedirs": rng.normal(scale=1e-3, size=(vertices, 3, 9 * (count - 1))),
        "weights": weights,
        "f": np.array([[0, 1, 2], [2, 3, 4]], np.uint32),
    }


def save(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("kind", JOINTS)
def test_the_skin_follows_the_joints(tmp_path: Path, kind: str) -> None:
    path = save(
        tmp_path / "model.npz", {**model(kind), "posedirs": np.zeros_like(model(kind)["posedirs"])}
    )
    mesh = SmplMesh(path, BETAS)
    np.testing.assert_allclose(
        mesh.skeleton.rest_offsets, skeleton_from_smpl(path, BETAS).rest_offsets, atol=1e-6
    )
    body = random_body(3, mesh.skeleton)
    skin = mesh.vertices(body.local_rotations[None], body.positions[:1])[0]
    joints, world = forward_kinematics_np(
        matrices_from_quaternions(body.local_rotations),
        mesh.skeleton.rest_offsets,
        body.positions[0],
    )
    arrays = np.load(path)
    shaped = arrays["v_template"] + arrays["shapedirs"][..., :2] @ BETAS
    rest = load_rest_joints(path, BETAS)
    for joint in range(22):  # rigidly, as each vertex has one joint
        pair = slice(2 * joint, 2 * joint + 2)
        expected = joints[joint] + (shaped[pair] - rest[joint]) @ world[joint].T
        np.testing.assert_allclose(skin[pair], expected, atol=1e-5)


def test_it_is_what_smplx_itself_gives(tmp_path: Path) -> None:
    import smplx

    arrays = model(vertices=6890)  # smplx names vertices by number
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    with path.open("wb") as file:
        pickle.dump({**arrays, "bs_style": "lbs"}, file, protocol=2)
    betas = np.linspace(-1.0, 1.0, 10)
    rng = np.random.default_rng(5)
    pose = torch.tensor(rng.normal(0.0, 0.4, (1, 72)), dtype=torch.float32)
    pose[:, 66:] = 0.0  # SMPL's two hand joints, which stay at rest
    theirs = smplx.SMPL(str(path))(
        betas=torch.tensor(betas, dtype=torch.float32)[None],
        global_orient=pose[:, :3],
        body_pose=pose[:, 3:],
        transl=torch.zeros(1, 3),
    )
    from scipy.spatial.transform import Rotation

    quaternions = Rotation.from_rotvec(pose[0, :66].reshape(22, 3).numpy()).as_quat()
    pelvis = theirs.joints.detach().numpy()[:, 0]
    ours = SmplMesh(path, betas).vertices(quaternions[None], pelvis)
    np.testing.assert_allclose(ours, theirs.vertices.detach().numpy(), atol=2e-5)


def test_nothing_in_a_pickle_is_run(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "harm"),)

    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({**model(), "posedirs": Harm()}))
    with pytest.raises(KinestError, match="posedirs"):
        SmplMesh(path)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("posedirs", np.zeros((200, 3, 5))),
        ("weights", np.zeros((200, 23))),
        ("f", np.zeros((4, 4), int)),
        ("f", np.array([[0, 1, 200]])),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path: Path, key: str, value: np.ndarray) -> None:
    with pytest.raises(KinestError, match=f"model.npz: {key} "):
        SmplMesh(save(tmp_path / "model.npz", {**model(), key: value}))


def test_without_smplx_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name, *rest):
        if name.startswith("smplx"):
            raise ImportError("No module named 'smplx'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(KinestError, match=r"kinest_ros\[smpl\].*non-commercial"):
        SmplMesh(save(tmp_path / "model.npz", model()))


def test_command(kinest, tmp_path: Path) -> None:
    path = save(tmp_path / "model.npz", model("smplx"))
    out, obj = tmp_path / "anna.npz", tmp_path / "anna.obj"
    given = ("shape", "--body-model", path, "--betas", 0.7, -1.1, "--out", out, "--mesh", obj)
    status, said, err = kinest(*given)
    assert status == 0, err
    assert "200 vertices, 2 faces" in said
    with np.load(out) as file:
        np.testing.assert_allclose(
            file["rest_offsets"], skeleton_from_smpl(path, BETAS).rest_offsets, atol=1e-6
        )
    lines = obj.read_text().splitlines()
    assert sum(line.startswith("v ") for line in lines) == 200
    assert lines[-1] == "f 3 4 5"
    assert kinest(*given)[0] == 2
    status, _, err = kinest("shape", "--body-model", path, "--out", tmp_path / "anna.txt")
    assert (status, ".npz" in err) == (2, True)


def test_obj_counts_from_one(tmp_path: Path) -> None:
    write_obj(tmp_path / "a.obj", JOINT_FROM_LINK, np.array([[0, 1, 2]]))
    assert (tmp_path / "a.obj").read_text().splitlines()[-1] == "f 1 2 3"
