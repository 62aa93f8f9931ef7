# SPDX-License-Identifier: Apache-2.0
"""Skeletons out of SMPL, SMPL-H and SMPL-X files, on synthetic files of their format."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from kinest_ros.body.joints import NUM_JOINTS, PARENTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.body.smpl_files import load_rest_joints, skeleton_from_smpl
from kinest_ros.errors import KinestError

JOINTS = {"smpl": 24, "smplh": 52, "smplx": 55}
SHAPES = {"smpl": 10, "smplh": 16, "smplx": 400}


ORIGIN = np.array([0.01, -0.2, 0.03])  # where the pelvis is at rest


def synthetic(kind: str = "smpl", vertices: int = 200) -> dict[str, np.ndarray]:
    """A body model's arrays whose mean shape has the rest joints of our default skeleton."""
    rng = np.random.default_rng(0)
    count = JOINTS[kind]
    joints = rng.normal(scale=0.1, size=(count, 3))
    joints[:NUM_JOINTS] = Skeleton.from_stature(1.75).rest_positions() + ORIGIN
    template = rng.normal(scale=0.3, size=(vertices, 3))
    regressor = np.zeros((count, vertices))
    for joint, position in enumerate(joints):
        # The middle of two vertices of its own, one on either side.
        shift = rng.normal(scale=0.05, size=3)
        template[[2 * joint, 2 * joint + 1]] = position + shift, position - shift
        regressor[joint, [2 * joint, 2 * joint + 1]] = 0.5
    parents = [*PARENTS, *([20] * (count - NUM_JOINTS))]
    tree = np.array([parents, range(count)]).astype(np.int64) % 2**32
    return {
        "J_regressor": regressor,
        "v_template": template,
        "shapedirs": rng.normal(scale=0.01, size=(vertices, 3, SHAPES[kind])),
        "kintree_table": tree.astype(np.uint32),
    }


def save(folder: Path, arrays: dict[str, np.ndarray]) -> Path:
    path = folder / "model.npz"
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("kind", JOINTS)
def test_mean_shape_of_each_model(tmp_path: Path, kind: str) -> None:
    path = save(tmp_path, synthetic(kind))
    expected = Skeleton.from_stature(1.75)
    np.testing.assert_allclose(
        load_rest_joints(path), expected.rest_positions() + ORIGIN, atol=1e-12
    )
    skeleton = skeleton_from_smpl(path)
    np.testing.assert_allclose(skeleton.rest_offsets, expected.rest_offsets, atol=1e-12)
    assert skeleton.stature == pytest.approx(1.75)
    assert "model.npz" in skeleton.name


@pytest.mark.parametrize("kind", JOINTS)
def test_betas_move_the_joints_linearly(tmp_path: Path, kind: str) -> None:
    arrays = synthetic(kind)
    path = save(tmp_path, arrays)
    betas = np.array([1.5, -2.0, 0.5])
    shape = arrays["v_template"] + np.einsum("vcb,b->vc", arrays["shapedirs"][..., :3], betas)
    expected = (arrays["J_regressor"] @ shape)[:NUM_JOINTS]
    np.testing.assert_allclose(load_rest_joints(path, betas), expected, atol=1e-12)
    np.testing.assert_allclose(load_rest_joints(path, [*betas, 0.0]), expected, atol=1e-12)
    offsets = skeleton_from_smpl(path, betas).rest_offsets
    np.testing.assert_allclose(offsets[20], expected[20] - expected[18], atol=1e-12)
    assert not offsets[0].any()


def test_pickled_model_gives_what_smplx_gives(tmp_path: Path) -> None:
    smplx = pytest.importorskip("smplx")
    torch = pytest.importorskip("torch")
    arrays = synthetic(vertices=6890)  # smplx names vertices by number
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    rest = {
        "posedirs": np.zeros((6890, 3, 207)),
        "weights": np.full((6890, 24), 1 / 24),
        "f": np.zeros((4, 3), np.uint32),
        "bs_style": "lbs",
    }
    with path.open("wb") as file:
        content = {**arrays, **rest, "J_regressor": sparse.csc_matrix(arrays["J_regressor"])}
        pickle.dump(content, file, protocol=2)
    betas = np.linspace(-2.0, 2.0, 10)
    model = smplx.SMPL(str(path))
    output = model(betas=torch.tensor(betas, dtype=torch.float32)[None])
    expected = output.joints.detach().numpy()[0, :NUM_JOINTS]
    np.testing.assert_allclose(load_rest_joints(path, betas), expected, atol=1e-5)


def test_a_skeleton_from_a_model_is_saved_and_loaded(tmp_path: Path) -> None:
    skeleton = skeleton_from_smpl(save(tmp_path, synthetic()), [1.0])
    skeleton.save(tmp_path / "skeleton.npz")
    loaded = Skeleton.load(tmp_path / "skeleton.npz")
    assert np.array_equal(loaded.rest_offsets, skeleton.rest_offsets)


@pytest.mark.parametrize(
    ("kind", "count", "available"), [("smpl", 11, 10), ("smplh", 17, 16), ("smplx", 301, 300)]
)
def test_more_betas_than_the_model_has(
    tmp_path: Path, kind: str, count: int, available: int
) -> None:
    path = save(tmp_path, synthetic(kind))
    load_rest_joints(path, np.zeros(available))
    with pytest.raises(KinestError, match=f"{count} betas .*model.npz has {available} shape"):
        load_rest_joints(path, np.zeros(count))


def test_expressions_of_a_small_smplx_file_are_not_shapes(tmp_path: Path) -> None:
    arrays = synthetic("smplx")
    path = save(tmp_path, {**arrays, "shapedirs": arrays["shapedirs"][..., :20]})
    load_rest_joints(path, np.ones(10))
    with pytest.raises(KinestError, match="has 10 shape components"):
        load_rest_joints(path, np.ones(11))


@pytest.mark.parametrize("betas", [1.0, [[1.0]], [np.nan], ["tall"], [None]])
def test_betas_that_are_no_list_of_numbers(tmp_path: Path, betas: object) -> None:
    with pytest.raises(KinestError, match="betas must be"):
        load_rest_joints(save(tmp_path, synthetic()), betas)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["missing.npz", "missing.pkl"])
def test_missing_file_says_where_to_register(tmp_path: Path, name: str) -> None:
    with pytest.raises(KinestError, match=rf"{name} does not exist.*smpl\.is\.tue\.mpg\.de"):
        load_rest_joints(tmp_path / name)


def test_a_folder_and_another_ending(tmp_path: Path) -> None:
    with pytest.raises(KinestError, match="is a folder"):
        load_rest_joints(tmp_path)
    (tmp_path / "model.obj").write_text("v 0 0 0")
    with pytest.raises(KinestError, match=r"must be an \.npz or \.pkl"):
        load_rest_joints(tmp_path / "model.obj")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut short"])
@pytest.mark.parametrize("ending", ["npz", "pkl"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes, ending: str) -> None:
    path = tmp_path / f"model.{ending}"
    path.write_bytes(content)
    with pytest.raises(KinestError, match=rf"model\.{ending} is not a readable"):
        load_rest_joints(path)


def test_a_truncated_archive_is_named(tmp_path: Path) -> None:
    path = save(tmp_path, synthetic())
    whole = path.read_bytes()
    for length in (len(whole) // 3, len(whole) - 10):
        path.write_bytes(whole[:length])
        with pytest.raises(KinestError, match=r"model\.npz is not a readable"):
            load_rest_joints(path)


@pytest.mark.parametrize("key", ["J_regressor", "v_template", "shapedirs", "kintree_table"])
def test_missing_key_is_named(tmp_path: Path, key: str) -> None:
    arrays = synthetic()
    del arrays[key]
    with pytest.raises(KinestError, match=rf"model\.npz has no {key}: .*mpg\.de"):
        load_rest_joints(save(tmp_path, arrays))


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ("v_template", (200, 2)),
        ("v_template", ()),
        ("J_regressor", (24, 199)),
        ("J_regressor", (200, 24)),
        ("shapedirs", (200, 3)),
        ("shapedirs", (199, 3, 10)),
        ("shapedirs", (200, 3, 10, 1)),
        ("kintree_table", (24, 2)),
        ("kintree_table", (24,)),
    ],
)
def test_wrong_shape_is_named(tmp_path: Path, key: str, shape: tuple[int, ...]) -> None:
    arrays = synthetic()
    arrays[key] = np.zeros(shape)
    # A transposed tree changes the number of joints, so that another array may be named first.
    with pytest.raises(KinestError, match=r"model\.npz: \w+ has shape .*does not fit"):
        load_rest_joints(save(tmp_path, arrays))


def test_another_skeleton_is_refused(tmp_path: Path) -> None:
    arrays = synthetic()
    arrays["kintree_table"][0, 5] = 1
    with pytest.raises(KinestError, match="not SMPL's body joints"):
        load_rest_joints(save(tmp_path, arrays))
    arrays = synthetic()
    arrays["kintree_table"] = arrays["kintree_table"][:, :16]  # as many joints as MANO has
    arrays["J_regressor"] = arrays["J_regressor"][:16]
    with pytest.raises(KinestError, match="not SMPL's body joints"):
        load_rest_joints(save(tmp_path, arrays))


def test_the_root_may_be_its_own_minus_one(tmp_path: Path) -> None:
    arrays = synthetic()
    arrays["kintree_table"] = arrays["kintree_table"].astype(np.int64)
    arrays["kintree_table"][0, 0] = -1
    load_rest_joints(save(tmp_path, arrays))


def test_values_that_are_not_numbers(tmp_path: Path) -> None:
    arrays = synthetic()
    arrays["v_template"][3] = np.nan
    with pytest.raises(KinestError, match="NaN"):
        load_rest_joints(save(tmp_path, arrays))
    arrays["v_template"] = np.full((200, 3), "x")
    with pytest.raises(KinestError, match="v_template does not hold numbers"):
        load_rest_joints(save(tmp_path, arrays))


def test_a_model_in_millimetres_is_refused(tmp_path: Path) -> None:
    arrays = synthetic()
    arrays["v_template"] *= 1000.0
    with pytest.raises(KinestError, match="metres"):
        skeleton_from_smpl(save(tmp_path, arrays))
