# SPDX-License-Identifier: Apache-2.0
"""Files made to fill the memory, to hang or to run code are refused by name, before they can."""

import io
import json
import os
import pickle
import zipfile

import numpy as np
import pytest

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.storage import load_calibration
from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import (
    OutOfBounds,
    load_arrays,
    parse_json,
    parse_yaml,
    read_bytes,
    read_text,
)
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.model.weights import load_model, save_model


def test_more_than_may_be_read(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(11))
    assert read_bytes(path, 11) == bytes(11)
    with pytest.raises(OutOfBounds, match="11 bytes"):
        read_bytes(path, 10)


def test_what_never_ends(tmp_path):
    """A pipe that nobody writes into, a device and a folder."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(OutOfBounds, match="no regular file"):
            read_text(path)
    from pathlib import Path

    with pytest.raises(OutOfBounds, match="no regular file"):
        read_bytes(Path("/dev/zero"), 1 << 40)


def test_an_archive_that_unpacks_to_a_thousand_times_its_size(tmp_path):
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, rest_offsets=np.zeros(50_000_000, np.int8))
    assert path.stat().st_size < 100_000
    with pytest.raises(OutOfBounds, match="unpacks to more than"):
        load_arrays(path, 1 << 20)
    assert load_arrays(path, 1 << 20, keys=("other",)).keys() == {"rest_offsets"}
    with pytest.raises(KinestError, match=r"bomb\.npz"):
        Skeleton.load(path)


def _npz(path, header: dict, data: bytes = b"") -> None:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, header)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rest_offsets.npy", stream.getvalue() + data)


@pytest.mark.parametrize("shape", [(10**12,), (2**31, 2**31, 4), (-5,), (22, 4)])
def test_a_header_that_promises_more_than_there_is(tmp_path, shape):
    path = tmp_path / "promise.npz"
    _npz(path, {"descr": "<f8", "fortran_order": False, "shape": shape}, bytes(22 * 3 * 8))
    with pytest.raises(ValueError, match=r"promises|Array is too big|negative"):
        load_arrays(path)
    with pytest.raises(KinestError, match=r"promise\.npz"):
        Skeleton.load(path)


class _Runs:
    def __reduce__(self):
        return os.mkdir, (os.environ["KINEST_TEST_MARK"],)


def test_nothing_pickled_is_run(tmp_path, monkeypatch):
    mark = tmp_path / "it ran"
    monkeypatch.setenv("KINEST_TEST_MARK", str(mark))
    array = np.array([_Runs()], dtype=object)
    np.savez(tmp_path / "evil.npz", rest_offsets=array)
    with pytest.raises(KinestError, match="pickle"):
        Skeleton.load(tmp_path / "evil.npz")
    from kinest_ros.body.smpl_files import load_rest_joints
    from kinest_ros.model.published.checkpoint import load_released

    (tmp_path / "evil.pkl").write_bytes(pickle.dumps({"v_template": _Runs(), "x": _Runs()}))
    with pytest.raises(KinestError):
        load_rest_joints(tmp_path / "evil.pkl")
    (tmp_path / "evil.pt").write_bytes(pickle.dumps({"input_fc.weight": _Runs()}))
    with pytest.raises(KinestError):
        load_released(tmp_path / "evil.pt")
    assert not mark.exists()


def test_arrays_come_as_numpy_reads_them(tmp_path):
    path = tmp_path / "arrays.npz"
    arrays = {
        "a": np.arange(12.0).reshape(3, 4),
        "fortran": np.asfortranarray(np.arange(12).reshape(3, 4)),
        "names": np.array(["x", "longer"]),
        "scalar": np.float32(3.5),
        "empty": np.zeros((0, 3)),
    }
    for save in (np.savez, np.savez_compressed):
        save(path, **arrays)
        found = load_arrays(path)
        assert found.keys() == arrays.keys()
        for name, array in arrays.items():
            assert found[name].dtype == np.asarray(array).dtype
            np.testing.assert_array_equal(found[name], array)
            assert found[name].flags.writeable


LAUGHS = "a: &a [1, 2]\n" + "\n".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]" for i in range(12)
)


@pytest.mark.parametrize(
    "text",
    [LAUGHS, "[" * 100_000, "a: 2024-13-45", f"a: {'1' * 5000}", "!!python/name:os.system ''",
     f"a: -{'9' * 400}", f"a: 0x{'f' * 400}", "<<: {a: *b}", "\t", "a: !!int x"],
)  # fmt: skip
def test_yaml_that_multiplies_or_makes_no_sense(tmp_path, text):
    with pytest.raises(ValueError):
        parse_yaml(text)
    (tmp_path / "anna.yaml").write_text(text)
    with pytest.raises(KinestError, match=r"anna\.yaml"):
        load_calibration(tmp_path / "anna.yaml")


@pytest.mark.parametrize("text", ["[" * 200_000, f'{{"a": {"1" * 400}}}', f"[-{'9' * 5000}]"])
def test_json_that_no_float_or_stack_can_hold(text):
    with pytest.raises(ValueError):
        parse_json(text)


@pytest.mark.parametrize(
    "changes",
    [{"width": 10**9}, {"width": 60_000}, {"temporal_blocks": 10**9}, {"lookahead": 10**9},
     {"width": -1}, {"local_taps": 1e308}, {"width": 10**400}, {"width": None},
     {"bottleneck": "x"}],
)  # fmt: skip
def test_weights_that_are_described_larger_than_they_are(tmp_path, changes):
    """Nothing of that size is built to find out."""
    path = save_model(StreamingKineST(StreamingConfig.tiny()), tmp_path / "w.safetensors", {})
    load_model(path)
    described = json.loads(path.with_suffix(".json").read_text())
    described["model"].update(changes)
    path.with_suffix(".json").write_text(json.dumps(described))
    with pytest.raises(KinestError, match=r"w\.safetensors"):
        load_model(path)


def test_weights_that_are_being_replaced(tmp_path):
    """The writer was killed after the description, and before the weights."""
    path = save_model(StreamingKineST(StreamingConfig.tiny()), tmp_path / "w.safetensors", {"n": 1})
    shape, old = path.with_suffix(".json"), path.read_bytes()
    new = {**json.loads(shape.read_text()), "weights": "0" * 12, "training": {"n": 2}}
    before = json.loads(shape.read_text())
    shape.write_text(json.dumps({**new, "before": before}))
    from kinest_ros.model.weights_file import describe_weights

    assert describe_weights(path)["training"] == {"n": 1}
    shape.write_text(json.dumps({**before, "before": new}))
    assert describe_weights(path)["training"] == {"n": 1}
    assert path.read_bytes() == old
