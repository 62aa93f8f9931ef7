# SPDX-License-Identifier: Apache-2.0
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.calibration.body_size import Value
from kinest_ros.calibration.calibration import Calibration, calibrate
from kinest_ros.calibration.mounts import MountEstimate
from kinest_ros.calibration.samples import Samples
from kinest_ros.calibration.storage import (
    calibration_path,
    load_calibration,
    save_calibration,
    to_yaml,
)
from kinest_ros.errors import KinestError
from kinest_ros.tracking.devices.mount import Mount
from tests.calibration.people import Person
from tests.search import examples


@pytest.fixture(scope="module")
def measured() -> Calibration:
    samples = Samples.from_frames(Person().frames())
    return calibrate(samples, created="2026-01-02T03:04:05+00:00")


HANDS = ((), ("left_hand",), ("left_hand", "right_hand"))


def number(low: float, high: float):
    return st.floats(low, high).map(lambda value: round(value, 4))


@st.composite
def calibrations(draw) -> Calibration:
    three = st.tuples(*[number(-0.9, 0.9)] * 3)
    sigmas = st.tuples(*[number(0.0, 0.9)] * 3)
    mount = st.builds(
        MountEstimate,
        mount=st.builds(Mount, xyz=three, rpy=three),
        xyz_sigma=sigmas,
        rpy_sigma=sigmas,
        move=number(0.0, 0.1),
        turn=number(0.0, 0.1),
    )
    slots = draw(st.sets(st.sampled_from(["left_hand", "right_hand", "pelvis", "left_foot"])))
    ordered = [
        "head",
        *(s for s in ("left_hand", "right_hand", "pelvis", "left_foot") if s in slots),
    ]
    return Calibration(
        pose=draw(st.sampled_from("TI")),
        stature=Value(draw(number(0.9, 2.4)), draw(number(0.0, 0.5))),
        arm_span=Value(draw(number(0.9, 2.4)), draw(number(0.0, 0.5))),
        floor_height=Value(draw(number(-3.0, 3.0)), draw(number(0.0, 0.5))),
        mounts={slot: draw(mount) for slot in ordered},
        hand_mounts={hand: draw(mount) for hand in draw(st.sampled_from(HANDS))},
        hands_swapped=draw(st.booleans()),
        input_basis=draw(st.sampled_from(["ros", "openxr", "unity"])),
        hand_device=draw(st.sampled_from(["controller", "wrist"])),
        residuals=draw(st.dictionaries(st.sampled_from(["chi2", "left_reach"]), number(-9, 9))),
        warnings=tuple(draw(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("C",
                            "Zl", "Zp"))), max_size=2))),
        created=draw(st.sampled_from(["", "2026-01-02T03:04:05+00:00"])),
    )  # fmt: skip


@settings(max_examples=examples(40))
@given(calibration=calibrations())
def test_round_trip(tmp_path_factory, calibration: Calibration) -> None:
    path = tmp_path_factory.getbasetemp() / "round.yaml"
    assert load_calibration(save_calibration(calibration, path)) == calibration


def test_the_file_explains_itself(measured: Calibration, tmp_path: Path) -> None:
    path = save_calibration(measured, tmp_path / "folder" / "me.yaml")
    text = path.read_text()
    for word in ("metres", "radians", "standard deviation", "body height", "fingertip"):
        assert word in text
    again = load_calibration(path)
    assert again.stature.value == pytest.approx(measured.stature.value, abs=1e-4)
    assert again.mounts["left_hand"].mount.xyz == pytest.approx(
        measured.mounts["left_hand"].mount.xyz, abs=1e-5
    )
    assert not list(tmp_path.rglob("*.part"))


def test_plain_numbers_written_by_hand_will_do(measured: Calibration, tmp_path: Path) -> None:
    text = re.sub(r"stature: .*", "stature: 1.68", to_yaml(measured))
    path = tmp_path / "me.yaml"
    path.write_text(text)
    assert load_calibration(path).stature == Value(1.68, 0.0)


def put(key: str, value: object):
    """A change of a file's content: a dotted key set, or removed with None."""

    def change(content: dict) -> None:
        *path, last = key.split(".")
        for part in path:
            content = content[part]
        if value is None:
            del content[last]
        else:
            content[last] = value

    return change


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("version", 2, "version is 2; this program reads 1"),
        ("version", None, "lacks 'version'"),
        ("statur", 1.7, "unknown key 'statur'"),
        ("stature", "tall", "stature is 'tall'; give a number"),
        ("stature.value", 17.5, r"stature.value is 17.5; it must lie in \[0.8, 2.5\]"),
        ("stature.value", float("nan"), "stature.value is nan"),
        ("stature.sigma", -1.0, "stature.sigma"),
        ("arm_span", None, "lacks 'arm_span'"),
        ("floor_height", True, "floor_height is True"),
        ("pose", "A", "pose is 'A'; use one of T, I"),
        ("input_basis", "steamvr", "input_basis is 'steamvr'"),
        ("hand_device", "glove", "hand_device is 'glove'"),
        ("hands_swapped", "no idea", "hands_swapped"),
        ("mounts", [], "mounts must hold keys"),
        ("mounts.head", None, "mounts lacks 'head'"),
        ("mounts.nose", {}, "mounts has an unknown key 'nose'"),
        ("mounts.head.xyz", [1, 2], r"mounts.head.xyz is \[1, 2\]; give three numbers"),
        ("mounts.head.xyz", [0, 0, -9.0], "mounts.head.xyz is -9.0"),
        ("mounts.left_hand.rpy", [0, 0, "x"], "mounts.left_hand.rpy is 'x'"),
        ("mounts.left_hand.rpy", None, "mounts.left_hand lacks 'rpy'"),
        ("residuals", [1], "residuals must hold keys"),
        ("residuals.chi2", "bad", "residuals.chi2"),
        ("warnings", "none", "warnings is no list"),
    ],
)
def test_errors_name_the_file_and_the_key(
    measured: Calibration, tmp_path: Path, key: str, value: object, text: str
) -> None:
    content = yaml.safe_load(to_yaml(measured))
    put(key, value)(content)
    path = tmp_path / "broken.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(KinestError, match=text) as caught:
        load_calibration(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just text", "a: [1", "\x00\x01"])
def test_files_that_are_no_calibration(tmp_path: Path, text: str) -> None:
    path = tmp_path / "none.yaml"
    path.write_text(text)
    with pytest.raises(KinestError, match=r"none\.yaml"):
        load_calibration(path)


def test_missing_file_lists_the_others(measured: Calibration, tmp_path: Path) -> None:
    save_calibration(measured, tmp_path / "anna.yaml")
    with pytest.raises(KinestError, match=r"ana\.yaml does not exist.*there are: anna"):
        load_calibration(tmp_path / "ana.yaml")


def test_a_folder_that_cannot_be_written(measured: Calibration, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KinestError, match="cannot write"):
        save_calibration(measured, tmp_path / "file" / "me.yaml")


def test_names_and_paths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert calibration_path("anna") == tmp_path / "kinest" / "anna.yaml"
    assert calibration_path("anna.yaml") == Path("anna.yaml")
    assert calibration_path("/a/b.yml") == Path("/a/b.yml")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert calibration_path("anna") == Path.home() / ".config" / "kinest" / "anna.yaml"
    assert calibration_path("~/x.yaml") == Path.home() / "x.yaml"
    for wrong in ("an na", ".hidden", "a:b", ""):
        with pytest.raises(KinestError, match="neither"):
            calibration_path(wrong)
