# SPDX-License-Identifier: Apache-2.0
"""The skin of a body, from a user's own SMPL, SMPL-H or SMPL-X file, posed by smplx.

smplx is under a non-commercial licence of the Max Planck Society: it comes with the extra `smpl`,
is imported here when a mesh is wanted, and nothing else needs it. It never opens the file: our
reader does (`smpl_files`), which unpickles nothing but arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.body.smpl_files import checked_betas, number_of_shapes, read_checked, skeleton_of
from kinest_ros.errors import KinestError
from kinest_ros.files.whole import write_whole

_MORE = ("posedirs", "weights", "f")


class SmplMesh:
    """A shaped body whose skin follows the 22 joints; hands and face stay as at rest.

    Attributes:
        faces: (F, 3) int, vertices of each triangle, counter-clockwise seen from outside.
        skeleton: rest joints of the shape, as smplx regresses them.
    """

    def __init__(self, path: str | Path, betas: Sequence[float] | np.ndarray = ()) -> None:
        """Read the model file and shape it.

        Args:
            path: model file, .npz or .pkl.
            betas: shape coefficients, as many as are not zero; none: the mean shape.

        Raises:
            KinestError: no smplx, or a file or betas that cannot be used.
        """
        import torch

        self._lbs = _smplx_lbs()
        path = Path(path)
        model = read_checked(path, _MORE)
        shape = checked_betas(path, betas, number_of_shapes(model))
        vertices, joints = len(model["v_template"]), model["kintree_table"].shape[-1]
        self.faces = _checked_faces(path, model["f"], vertices)
        for key, wanted in (
            ("posedirs", (vertices, 3, 9 * (joints - 1))),
            ("weights", (vertices, joints)),
        ):
            found = model[key]
            if found.shape != wanted or found.dtype.kind not in "fiu":
                raise KinestError(
                    f"body model {path}: {key} has shape {found.shape}; {wanted} is needed"
                )

        def tensor(values: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))

        # An empty list of betas is one that is zero: smplx wants at least one.
        used = np.zeros(1) if not len(shape) else shape
        parents = np.asarray(model["kintree_table"]).astype(np.int64)[0]
        parents[0] = -1
        self._betas = tensor(used)[None]
        self._model = (
            tensor(model["v_template"])[None],
            tensor(model["shapedirs"][..., : len(used)]),
            tensor(model["posedirs"].reshape(3 * vertices, -1).T),
            tensor(model["J_regressor"]),
            torch.from_numpy(parents),
            tensor(model["weights"]),
        )
        self._joints = joints
        _, rest = self._posed(np.tile(np.eye(3), (1, NUM_JOINTS, 1, 1)))
        self._root = rest[0, 0]
        self.skeleton: Skeleton = skeleton_of(rest[0, :NUM_JOINTS], path, shape)

    def vertices(self, local_rotations: np.ndarray, root_position: np.ndarray) -> np.ndarray:
        """Return the skin of bodies, (N, V, 3) in m.

        Args:
            local_rotations: (N, 22, 4) xyzw in SMPL axes, [0] world_from_pelvis, as in `BodyPose`.
            root_position: (N, 3) of the pelvis in the world, m.
        """
        skin, _ = self._posed(matrices_from_quaternions(np.asarray(local_rotations, float)))
        # SMPL turns about the pelvis where it is at rest.
        moved: np.ndarray = skin + (np.asarray(root_position, float) - self._root)[:, None]
        return moved

    def _posed(self, rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        import torch

        pose = np.tile(np.eye(3), (len(rotations), self._joints, 1, 1))
        pose[:, :NUM_JOINTS] = rotations
        with torch.inference_mode():
            skin, joints = self._lbs(
                self._betas.expand(len(pose), -1),
                torch.from_numpy(pose.astype(np.float32)),
                *self._model,
                pose2rot=False,
            )
        return skin.numpy().astype(float), joints.numpy().astype(float)


def write_obj(path: Path, vertices: np.ndarray, faces: np.ndarray) -> None:
    """Write one skin (V, 3), m, and its faces (F, 3) as a Wavefront .obj file."""
    lines = ["v {:.5f} {:.5f} {:.5f}\n".format(*vertex) for vertex in vertices]
    lines += ["f {} {} {}\n".format(*(face + 1)) for face in faces]
    write_whole(path, "".join(lines))


def _smplx_lbs() -> Callable[..., Any]:
    try:
        from smplx.lbs import lbs
    except ImportError as error:
        raise KinestError(
            f"a body mesh needs smplx, which cannot be imported ({error}): "
            "pip install 'kinest_ros[smpl]', whose licence is non-commercial"
        ) from None
    found: Callable[..., Any] = lbs
    return found


def _checked_faces(path: Path, faces: np.ndarray, vertices: int) -> np.ndarray:
    if faces.ndim != 2 or faces.shape[1:] != (3,) or faces.dtype.kind not in "iu":
        raise KinestError(f"body model {path}: f has shape {faces.shape}; (F, 3) is needed")
    if len(faces) and not 0 <= int(faces.min()) <= int(faces.max()) < vertices:
        raise KinestError(f"body model {path}: f names vertices that are not there")
    return faces.astype(np.int64)
