# SPDX-License-Identifier: Apache-2.0
"""`kinest retarget`: bodies of clips and bags become the motion of a robot."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinest_ros.bags.topics import BODY
from kinest_ros.cli import options
from kinest_ros.cli.progress import Progress
from kinest_ros.errors import KinestError
from kinest_ros.files.whole import write_whole

if TYPE_CHECKING:
    from kinest_ros.retarget.robot.robot import Robot
    from kinest_ros.retarget.solver.settings import RetargetSettings

NAME = "retarget"
HELP = "retarget bodies of clips or bags to a humanoid robot; describe robots; measure"
EXAMPLES = """examples:
  kinest retarget --describe g1.xml --out g1.png           what is understood of a robot
  kinest retarget walk.npz --robot g1.xml --out walk.csv   x y z, qx qy qz qw, joints per row
  kinest retarget /tmp/body --robot g1.urdf --out /tmp/g1  a bag, as the live node publishes
  kinest retarget *.npz --robot own --out motions --format gmr
  kinest retarget --evaluate walk.npz kick.npz --robot own g1.xml --json
  kinest retarget --export-own kinest_humanoid.urdf        our own robot's description

A motion is an AMASS-style .npz clip or a bag with kinest_ros/FullBodyState (see kinest replay). A
robot is an MJCF or URDF file, or `own`. The result is a kinematic reference, not a balance
controller: see docs/RETARGETING.md."""
_SUFFIXES = {"csv": ".csv", "gmr": ".pkl", "npz": ".npz", "bag": ""}
#: Endings of files that are of no format here; a folder of that name would not be what was meant.
_FOREIGN = (".txt", ".json", ".bvh", ".glb", ".npy", ".pickle", ".yaml", ".tsv", ".xml", ".urdf")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "motions", nargs="*", type=Path, metavar="BAG|CLIP", help="what to retarget"
    )
    parser.add_argument(
        "--robot",
        nargs="+",
        default=["own"],
        metavar="FILE",
        help="MJCF or URDF, or `own` for our own robot (default); several with --evaluate",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--describe", metavar="ROBOT", help="say and draw (--out FILE.png) what is understood"
    )
    what.add_argument("--evaluate", action="store_true", help="measure instead of writing")
    what.add_argument(
        "--export-own", type=Path, metavar="FILE", help="write our own robot as .xml or .urdf"
    )
    parser.add_argument("--override", type=Path, metavar="FILE", help="YAML, see the docs")
    parser.add_argument("--out", type=Path, metavar="PATH", help="file or folder to write")
    parser.add_argument(
        "--format", choices=tuple(_SUFFIXES), help="default: by the ending of --out, else bag"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")
    parser.add_argument("--topic", default=BODY, help=f"of the bodies in bags (default: {BODY})")
    parser.add_argument(
        "--body-model", type=Path, metavar="FILE", help="SMPL file, for original AMASS clips"
    )
    parser.add_argument("--mode", default="whole", choices=("whole", "upper"))
    parser.add_argument("--arms", default="blend", choices=("direction", "position", "blend"))
    parser.add_argument("--max-velocity", type=float, default=12.0, metavar="RAD/S")
    parser.add_argument("--max-acceleration", type=float, default=250.0, metavar="RAD/S2")
    parser.add_argument("--steps", type=int, default=2, help="solver steps a frame (default: 2)")
    parser.add_argument("--no-self-collision", action="store_true", help="links may overlap")
    parser.add_argument("--no-foot-lock", action="store_true", help="feet go where the human's go")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Describe, measure or retarget."""
    check_packages()
    if args.export_own is not None:
        return _export(args.export_own)
    if args.describe is not None:
        return _describe(args)
    if not args.motions:
        raise KinestError("name at least one clip (.npz) or bag to retarget, or --describe ROBOT")
    if args.evaluate:
        return _evaluate(args)
    if len(args.robot) != 1:
        raise KinestError("give one --robot; several are for --evaluate")
    if args.out is None:
        raise KinestError("--out is missing: where to write the robot's motion")
    return _retarget(args)


def check_packages() -> None:
    """Raise KinestError unless mujoco and daqp can be imported."""
    for module in ("mujoco", "daqp"):
        try:
            importlib.import_module(module)
        except ImportError:
            raise KinestError(
                f"retargeting needs {module}: pip install 'kinest_ros[retarget]'"
            ) from None


def _settings(args: argparse.Namespace) -> RetargetSettings:
    from kinest_ros.retarget.solver.settings import RetargetSettings

    return RetargetSettings(
        mode=args.mode,
        max_velocity=args.max_velocity,
        max_acceleration=args.max_acceleration,
        self_collision=not args.no_self_collision,
        foot_lock=not args.no_foot_lock,
        arms=args.arms,
        steps=args.steps,
    )


def _export(path: Path) -> int:
    from kinest_ros.retarget.own_robot.descriptions import own_robot_mjcf, own_robot_urdf

    if path.suffix not in (".xml", ".urdf"):
        raise KinestError(f"--export-own {path}: end it in .xml (MJCF) or .urdf")
    write_whole(path, own_robot_mjcf() if path.suffix == ".xml" else own_robot_urdf())
    print(path)
    return 0


def _describe(args: argparse.Namespace) -> int:
    from kinest_ros.retarget.robot.describe import description, lines
    from kinest_ros.retarget.robot.robot import Robot

    robot = Robot.load(args.describe, args.override)
    if args.out is not None:
        from kinest_ros.retarget.robot.picture import draw_robot

        draw_robot(robot, args.out)
        options.note(f"drawn: {args.out}")
    print(json.dumps(description(robot)) if args.json else "\n".join(lines(robot)))
    return 0


def _evaluate(args: argparse.Namespace) -> int:
    from kinest_ros.retarget.evaluation.measures import joined, measure
    from kinest_ros.retarget.evaluation.poses import retarget_motion
    from kinest_ros.retarget.evaluation.table import as_json, table
    from kinest_ros.retarget.motions import read_motion
    from kinest_ros.retarget.robot.robot import Robot
    from kinest_ros.retarget.solver.retargeter import Retargeter

    motions = [read_motion(path, args.topic, args.body_model) for path in args.motions]
    results: dict[str, list[Any]] = {}
    for source in args.robot:
        retargeter = Retargeter(Robot.load(source, args.override), _settings(args))
        parts = []
        for motion in motions:
            progress = Progress(f"{Path(source).stem}: {motion.name}", len(motion))
            try:
                result = retarget_motion(retargeter, motion, progress.step)
            finally:
                progress.close()
            parts.append(measure(retargeter, motion, result))
        results[Path(source).stem] = [*parts, joined(parts)] if len(parts) > 1 else parts
    if args.json:
        print(json.dumps(as_json(results)))
    else:
        print(table(results))
    return 0


def _retarget(args: argparse.Namespace) -> int:
    from kinest_ros.retarget.evaluation.poses import retarget_motion
    from kinest_ros.retarget.motions import read_motion
    from kinest_ros.retarget.robot.robot import Robot
    from kinest_ros.retarget.solver.retargeter import Retargeter

    if args.format is None and args.out.suffix.lower() in _FOREIGN:
        raise KinestError(
            f"--out {args.out}: no format here ends in {args.out.suffix}; use .csv, .npz, .pkl "
            "(GMR) or no ending (a bag), or name the format with --format"
        )
    robot = Robot.load(args.robot[0], args.override)
    retargeter = Retargeter(robot, _settings(args))
    kind = args.format or {".csv": "csv", ".pkl": "gmr", ".npz": "npz"}.get(args.out.suffix, "bag")
    summaries = []
    for path, target in zip(args.motions, _targets(args, kind), strict=True):
        motion = read_motion(path, args.topic, args.body_model)
        progress = Progress(f"retargeting {motion.name}", len(motion))
        try:
            result = retarget_motion(retargeter, motion, progress.step)
        finally:
            progress.close()
        _write(kind, target, robot, result, args.overwrite)
        summaries.append(
            {
                "motion": str(path),
                "robot": robot.name,
                "written": str(target),
                "format": kind,
                "frames": len(motion),
                "joints": list(robot.names),
                "ms_per_frame": float(result.milliseconds.mean()),
            }
        )
    if args.json:
        print(json.dumps(summaries))
    else:
        for summary in summaries:
            print(
                f"{summary['written']}: {summary['frames']} frames of {robot.name}, "
                f"{summary['ms_per_frame']:.1f} ms each"
            )
    return 0


def _targets(args: argparse.Namespace, kind: str) -> list[Path]:
    """Return what is written for each motion: --out itself for one, files in it for several."""
    suffix = _SUFFIXES[kind]
    alone = len(args.motions) == 1 and (kind == "bag" or args.out.suffix == suffix)
    if alone:
        paths = [args.out]
    else:
        args.out.mkdir(parents=True, exist_ok=True)
        paths = [args.out / (path.stem + suffix) for path in args.motions]
    for path in paths:
        if path.resolve() in [motion.resolve() for motion in args.motions]:
            raise KinestError(f"--out {path} is the motion to read; choose another name")
    if len(set(paths)) < len(paths):
        raise KinestError("two of the motions have the same name; retarget them one by one")
    for path in paths:
        if kind != "bag" and path.exists() and not args.overwrite:
            raise KinestError(f"{path} exists; choose another --out, or add --overwrite")
    return paths


def _write(kind: str, path: Path, robot: Robot, result: Any, overwrite: bool) -> None:
    from kinest_ros.retarget.files import tables
    from kinest_ros.retarget.files.bag import write_bag

    try:
        if kind == "bag":
            write_bag(path, robot, result, overwrite)
        else:
            writers = {"csv": tables.write_csv, "npz": tables.write_npz, "gmr": tables.write_gmr}
            writers[kind](path, robot, result)
    except OSError as error:
        raise KinestError(f"cannot write {path}: {error.strerror or error}") from None
