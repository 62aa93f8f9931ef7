# SPDX-License-Identifier: Apache-2.0
"""Rest joints and skeletons from a user's own SMPL, SMPL-H or SMPL-X model file.

The rest joints of a shape are J_regressor · (v_template + shapedirs · betas) (Loper et al., "SMPL:
A Skinned Multi-Person Linear Model", 2015). The three models share the first 22 joints and the
axes: Y up, Z forward, X to the body's left, metres. Only those arrays are read, so neither smplx
nor chumpy is needed. The files are licensed and not part of this package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from kinest_ros.body.joints import NUM_JOINTS, PARENTS
from kinest_ros.body.pickled_arrays import read_pickled_arrays
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import load_arrays

_KEYS = ("J_regressor", "v_template", "shapedirs", "kintree_table")
_WHERE = (
    "The models are free for research after registration at https://smpl.is.tue.mpg.de (SMPL), "
    "https://mano.is.tue.mpg.de (SMPL-H) or https://smpl-x.is.tue.mpg.de (SMPL-X)."
)
_SMPLX_JOINTS = 55


def skeleton_from_smpl(path: str | Path, betas: Sequence[float] | np.ndarray = ()) -> Skeleton:
    """Return the skeleton of a body model's shape.

    Args:
        path: model file, .npz or .pkl.
        betas: shape coefficients, as many as are not zero; none: the mean shape.

    Raises:
        KinestError: as load_rest_joints, or joints at a scale that is not metres.
    """
    return skeleton_of(load_rest_joints(path, betas), Path(path), betas)


def skeleton_of(joints: np.ndarray, path: Path, betas: Sequence[float] | np.ndarray) -> Skeleton:
    """Return the skeleton of rest joints (22, 3) that were read from a model file.

    Raises:
        KinestError: joints at a scale that is not metres.
    """
    offsets = joints - joints[list(PARENTS)]
    offsets[0] = 0.0
    return Skeleton(offsets, f"{path.name}, {len(betas)} betas")


def load_rest_joints(path: str | Path, betas: Sequence[float] | np.ndarray = ()) -> np.ndarray:
    """Return the rest positions of the 22 body joints of a body model's shape.

    AMASS gives ``trans`` relative to the model's origin, so its pelvis is ``trans`` plus row 0.

    Args:
        path: model file, .npz or .pkl.
        betas: shape coefficients, as many as are not zero; none: the mean shape.

    Returns:
        (22, 3) float64, m, in the model's axes (Y up, Z forward, X to the body's left).

    Raises:
        KinestError: no such file, not a readable one, a missing key, a wrong shape, another
            skeleton than SMPL's, or betas the model does not have.
    """
    path = Path(path)
    model = read_checked(path)
    template = np.asarray(model["v_template"], dtype=np.float64)
    regressor = np.asarray(model["J_regressor"], dtype=np.float64)[:NUM_JOINTS]
    coefficients = checked_betas(path, betas, number_of_shapes(model))
    directions = np.asarray(model["shapedirs"])[..., : len(coefficients)]
    joints: np.ndarray = regressor @ (template + directions.astype(np.float64) @ coefficients)
    if not np.isfinite(joints).all():
        raise KinestError(f"body model {path} holds NaN or infinite values")
    return joints


def read_checked(path: Path, more: Sequence[str] = ()) -> Mapping[str, np.ndarray]:
    """Return a model file's arrays, checked to fit each other and SMPL's body joints.

    Args:
        path: model file, .npz or .pkl.
        more: keys wanted beside those of the rest joints; not checked but to be there.

    Raises:
        KinestError: as load_rest_joints.
    """
    model = _read(path, (*_KEYS, *more))
    missing = [key for key in (*_KEYS, *more) if key not in model]
    if missing:
        raise KinestError(
            f"body model {path} has no {', '.join(missing)}: it is not an SMPL, SMPL-H or SMPL-X "
            f"model file (keys: {', '.join(sorted(model)) or 'none'}). {_WHERE}"
        )
    _check(path, model)
    return model


def _read(path: Path, keys: Sequence[str]) -> Mapping[str, np.ndarray]:
    if path.is_dir():
        raise KinestError(f"body model {path} is a folder: name the .npz or .pkl file in it")
    if not path.is_file():
        raise KinestError(f"body model {path} does not exist. {_WHERE}")
    if path.suffix == ".pkl":
        return read_pickled_arrays(path, keys)
    if path.suffix != ".npz":
        raise KinestError(f"body model {path} must be an .npz or .pkl file. {_WHERE}")
    try:
        # The other keys stay names: they are large, or objects that are not arrays.
        return load_arrays(path, keys=keys)
    except (OSError, ValueError) as error:
        raise KinestError(f"body model {path} is not a readable .npz file: {error}") from error


def _check(path: Path, model: Mapping[str, np.ndarray]) -> None:
    vertices = model["v_template"].shape[0] if model["v_template"].ndim else 0
    joints = model["kintree_table"].shape[-1] if model["kintree_table"].ndim else 0
    wanted = {
        "v_template": (vertices, 3),
        "J_regressor": (joints, vertices),
        "kintree_table": (2, joints),
        "shapedirs": (vertices, 3, *model["shapedirs"].shape[2:3]),
    }
    for key, shape in wanted.items():
        if model[key].shape != shape or (key == "shapedirs" and len(shape) != 3):
            raise KinestError(
                f"body model {path}: {key} has shape {model[key].shape}, which does not fit "
                f"{vertices} vertices and {joints} joints; the file is damaged or of another model"
            )
        if model[key].dtype.kind not in "fiu":
            raise KinestError(f"body model {path}: {key} does not hold numbers")
    # The root's parent is written as -1 or as the largest unsigned number.
    tree = np.asarray(model["kintree_table"]).astype(np.int64)[:, :NUM_JOINTS]
    known = np.array([PARENTS[1:], range(1, NUM_JOINTS)])
    if joints < NUM_JOINTS or (tree[:, 1:] != known).any():
        raise KinestError(
            f"body model {path}: the first 22 joints of its kintree_table are not SMPL's body "
            "joints; only SMPL, SMPL-H and SMPL-X files fit (not MANO, FLAME, SMAL or STAR)"
        )


def number_of_shapes(model: Mapping[str, np.ndarray]) -> int:
    """Return how many of the shapedirs are shapes; in SMPL-X the last ones are expressions."""
    count: int = model["shapedirs"].shape[-1]
    if model["kintree_table"].shape[-1] != _SMPLX_JOINTS:
        return count
    return 300 if count >= 400 else min(count, 10)


def checked_betas(path: Path, betas: Sequence[float] | np.ndarray, available: int) -> np.ndarray:
    """Return shape coefficients as an array.

    Raises:
        KinestError: not a flat list of finite numbers, or more than the file has.
    """
    try:
        coefficients = np.asarray(betas, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise KinestError(f"betas must be a list of numbers: {error}") from error
    if coefficients.ndim != 1 or not np.isfinite(coefficients).all():
        raise KinestError(
            f"betas must be a flat list of finite numbers, got shape {coefficients.shape}"
            + (" with NaN or infinite values" if coefficients.ndim == 1 else "")
        )
    if len(coefficients) > available:
        raise KinestError(
            f"{len(coefficients)} betas given, but body model {path} has {available} shape "
            "components"
        )
    return coefficients
