# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import sys

import numpy as np
import pytest

from kinest_ros.bags.reader import read_bodies
from kinest_ros.bags.topics import BODY, GROUND_TRUTH, JOINT_STATES
from kinest_ros.body.skeleton import Skeleton
from tests.bags.test_inputs import NAMES, tf_bag


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    from kinest_ros.cli.main import main

    path = tmp_path_factory.mktemp("sample") / "bag"
    assert main(["synth", "--out", str(path), "--duration", "2", "--stature", "1.8"]) == 0
    return path


@pytest.mark.slow
def test_writes_a_body_per_tick(kinest, tmp_path, sample, tiny_weights):
    status, out, _ = kinest(
        "replay", sample, "--out", tmp_path / "body", "--weights", tiny_weights, "--device", "cpu",
        "--skeleton", sample / "skeleton.npz", "--json",
    )  # fmt: skip
    assert status == 0
    summary = json.loads(out)
    assert summary["weights"] == "tiny"
    assert len(summary["weights_hash"]) == 12
    assert summary["bodies_out"] >= 115
    assert summary["reprojection_cm"]["head"]["p95"] < 0.1
    bodies = read_bodies(tmp_path / "body", BODY)
    assert len(bodies) == summary["bodies_out"]
    assert np.isfinite(bodies.positions).all()
    assert len(read_bodies(tmp_path / "body", GROUND_TRUTH)) == 120
    own = Skeleton.load(tmp_path / "body" / "skeleton.npz")
    np.testing.assert_array_equal(
        own.rest_offsets, Skeleton.load(sample / "skeleton.npz").rest_offsets
    )


def test_bare_file_text_summary_and_no_inputs(kinest, tmp_path, sample, tiny_weights):
    status, out, _ = kinest(
        "replay", sample / "bag.mcap", "--out", tmp_path / "body", "--weights", tiny_weights,
        "--no-inputs", "--no-snap", "--no-body-snap", "--mount", "head:=0,0,-0.1",
    )  # fmt: skip
    assert status == 0
    for word in ("bodies", "ms per body", "toes", "tiny"):
        assert word in out
    from kinest_ros.bags.reader import BagReader

    with BagReader(tmp_path / "body") as bag:
        assert JOINT_STATES in bag.types
        assert GROUND_TRUTH not in bag.types


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("--weights", "/nowhere/w.safetensors"), "w.safetensors"),
        (("--topic", "head:=/nope"), "/kinest/head/pose"),
        (("--topic", "nose:=/nope"), "nose"),
        (("--mount", "head:=1"), "--mount"),
        (("--tracker-timeout", "0"), "tracker_timeout"),
        (("--stature", "17"), "stature"),
    ],
)
def test_errors(kinest, tmp_path, sample, arguments, match):
    status, _, err = kinest("replay", sample, "--out", tmp_path / "body", *arguments)
    assert status == 2
    assert err.startswith("error: ")
    assert match in err
    assert not (tmp_path / "body").exists()


def test_bag_is_not_written_over_itself(kinest, sample):
    status, _, err = kinest("replay", sample, "--out", sample, "--overwrite")
    assert status == 2
    assert "choose another" in err
    assert (sample / "metadata.yaml").is_file()


def test_missing_bag(kinest, tmp_path):
    status, _, err = kinest("replay", tmp_path / "none", "--out", tmp_path / "body")
    assert status == 2
    assert "does not exist" in err


def test_trackers_of_tf_give_the_body_that_poses_give(kinest, tmp_path, tiny_weights):
    """The options are the node's parameters; the kind that the bag holds is told on stderr."""
    bag = tf_bag(tmp_path / "tf")
    sources = [a for slot, name in NAMES.items() for a in ("--source", f"{slot}:={name}")]
    assert kinest("convert", bag, "--out", tmp_path / "poses", *sources)[0] == 0
    common = ("--weights", tiny_weights, "--device", "cpu", "--stature", "1.8")
    one, two = tmp_path / "one", tmp_path / "two"
    status, _, err = kinest("replay", bag, "--out", one, *sources, *common)
    assert (status, "input tf" in err) == (0, True)
    status, _, err = kinest("replay", tmp_path / "poses", "--out", two, *common)
    assert (status, "input" in err) == (0, False)
    first, second = read_bodies(one), read_bodies(two)
    assert len(first) > 10
    np.testing.assert_array_equal(first.stamps_ns, second.stamps_ns)
    np.testing.assert_allclose(first.positions, second.positions, atol=1e-9)


@pytest.mark.slow
def test_a_bag_is_replayed_without_what_it_does_not_need(tmp_path, sample):
    """A process of its own: scipy alone takes as long to load as ten seconds of motion to track."""
    code = (
        "import sys; from kinest_ros.cli.main import main; "
        "status = main(sys.argv[1:]); "
        "print([name for name in ('scipy', 'matplotlib', 'ray', 'pyarrow', 'pandas', 'rclpy') "
        "if name in sys.modules]); sys.exit(status)"
    )
    command = [sys.executable, "-c", code, "replay", str(sample), "--out", str(tmp_path / "body")]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
