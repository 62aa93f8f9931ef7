# SPDX-License-Identifier: Apache-2.0
"""`kinest shape`: the skeleton, and the skin, of a shape of the user's own SMPL model file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kinest_ros.cli.options import add_json, report
from kinest_ros.errors import KinestError

NAME = "shape"
HELP = "make a skeleton file, and a mesh, from your own SMPL, SMPL-H or SMPL-X model"
EXAMPLES = """examples:
  kinest shape --body-model smplx/SMPLX_NEUTRAL.npz --out mean.npz
  kinest shape --body-model smplh/male/model.npz --betas 1.2 -0.4 --out anna.npz
  kinest shape --body-model smpl/SMPL_FEMALE.pkl --betas 0.8 --out anna.npz --mesh anna.obj

Use the skeleton in the node with `skeleton:=anna.npz`, and in kinest replay and others with
--skeleton. To get the model files, register at https://smpl.is.tue.mpg.de,
https://mano.is.tue.mpg.de or https://smpl-x.is.tue.mpg.de. --mesh needs smplx, whose licence is
non-commercial: pip install 'kinest_ros[smpl]'."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--body-model", type=Path, required=True, metavar="FILE", help=".npz or .pkl model file"
    )
    parser.add_argument(
        "--betas", type=float, nargs="+", default=[], metavar="B",
        help="shape coefficients (default: the mean shape)",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, required=True, metavar="NPZ", help="skeleton file to write"
    )
    parser.add_argument(
        "--mesh", type=Path, metavar="OBJ", help="write the skin in T-pose too (Wavefront .obj)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the skeleton, and the mesh if it is asked for."""
    for option, path, suffix in (("--out", args.out, ".npz"), ("--mesh", args.mesh, ".obj")):
        if path is None:
            continue
        if path.suffix != suffix:
            raise KinestError(f"{option} {path}: the name must end in {suffix}")
        if path.exists() and not args.overwrite:
            raise KinestError(f"{path} exists; choose another {option}, or add --overwrite")
    from kinest_ros.body.smpl_files import skeleton_from_smpl

    skeleton = skeleton_from_smpl(args.body_model, args.betas)
    summary: dict[str, Any] = {"skeleton": str(args.out), "stature": skeleton.stature}
    lines = [f"{args.out}: skeleton of {skeleton.name}, stature {skeleton.stature:.2f} m"]
    if args.mesh is not None:
        import numpy as np

        from kinest_ros.body.joints import NUM_JOINTS
        from kinest_ros.body.smpl_mesh import SmplMesh, write_obj

        mesh = SmplMesh(args.body_model, args.betas)
        rest = np.tile((0.0, 0.0, 0.0, 1.0), (1, NUM_JOINTS, 1))
        skin = mesh.vertices(rest, np.zeros((1, 3)))[0]
        write_obj(args.mesh, skin, mesh.faces)
        summary.update(mesh=str(args.mesh), vertices=len(skin), faces=len(mesh.faces))
        lines.append(f"{args.mesh}: {len(skin)} vertices, {len(mesh.faces)} faces, pelvis at zero")
    skeleton.save(args.out)
    report(args, summary, lines)
    return 0
