# SPDX-License-Identifier: Apache-2.0
"""The snapshot takes what is valid and names what is not."""

import math
from pathlib import Path

import pytest

from kinest_ros.errors import KinestError
from kinest_ros.node.parameters.body_parameters import check_all_names, parameters_of_bodies
from kinest_ros.node.parameters.checks import check_names
from kinest_ros.node.parameters.node_parameters import NodeParameters
from kinest_ros.node.parameters.table import BY_NAME, PARAMETERS


def test_defaults_are_valid() -> None:
    parameters = NodeParameters.from_values({})
    assert parameters.stature == 0.0
    assert parameters.calibration == ""
    assert parameters.settings.snap_wrists
    assert parameters.trackers[0] == "head"
    assert all(tuple(mount.xyz) == (0, 0, 0) for mount in parameters.settings.mounts.values())


def test_every_parameter_says_what_it_is() -> None:
    for spec in PARAMETERS:
        assert len(spec.description) > 20 and spec.description.endswith(".")
        assert (spec.minimum is None) == (spec.maximum is None)


def test_values_reach_the_settings() -> None:
    parameters = NodeParameters.from_values(
        {
            "input_basis": "openxr",
            "tracker_timeout": 0.5,
            "snap_wrists": False,
            "snap_body": False,
            "mount.left_hand.xyz": [0.0, -0.02, -0.08],
            "mount.left_hand.rpy": [0.1, 0.2, 0.3],
            "trackers": ["head", "left_hand"],
            "timeout.left_hand": 2,
            "source.head": "hmd",
            "tf_fixed_frame": "/room",
            "qos_depth": 7,
        }
    )
    settings = parameters.settings
    assert (settings.input_basis, settings.tracker_timeout) == ("openxr", 0.5)
    assert not settings.snap_wrists and not settings.snap_body
    assert tuple(settings.mounts["left_hand"].xyz) == (0.0, -0.02, -0.08)
    assert tuple(settings.mounts["left_hand"].rpy) == (0.1, 0.2, 0.3)
    assert parameters.trackers == ("head", "left_hand")
    assert (settings.timeout_of("left_hand"), settings.timeout_of("head")) == (2.0, 0.5)
    inputs = parameters.inputs
    assert (inputs.trackers, dict(inputs.sources)) == (("head", "left_hand"), {"head": "hmd"})
    assert (inputs.tf_fixed_frame, inputs.qos_depth) == ("room", 7)


def test_frames_of_our_own_are_known_to_the_inputs() -> None:
    def own(**values: object) -> frozenset[str]:
        return NodeParameters.from_values(values).inputs.own_frames

    assert {"pelvis", "head"} <= own()
    assert "bob/head" in own(body_id="bob") and "head" not in own(body_id="bob")
    assert "body_bob" in own(body_id="bob", rep155=True) and "body_bob" not in own(body_id="bob")
    assert "body_default" in own(rep155=True)
    assert not own(publish_tf="none")
    # Those of robot_state_publisher then are made of ours.
    assert own(publish_tf="root") == own()


def test_publish_tf_was_a_switch_once() -> None:
    def chosen(value: object) -> str:
        return NodeParameters.from_values({"publish_tf": value}).publish_tf

    assert [chosen(value) for value in (True, False)] == ["all", "none"]
    assert [chosen(value) for value in ("all", "root", "none")] == ["all", "root", "none"]
    for wrong in ("links", 1, 0, [True]):
        with pytest.raises(KinestError, match="none of all, root, none"):
            chosen(wrong)


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("device", "gpu", "auto, cpu, cuda"),
        ("publish_tf", "tree", "all, root, none"),
        ("input_basis", "steamvr", "openxr"),
        ("stature", 17.0, "2.5"),
        ("stature", math.nan, "2.5"),
        ("stature", 0.5, "0.8"),
        ("calibration", "an na", "user name"),
        ("hand_device", "glove", "controller, wrist"),
        ("tracker_timeout", 0.0, "0.03"),
        ("qos_depth", 0, "1"),
        ("input", "vrpn", "pose"),
        ("timeout.pelvis", 0.01, "0.03"),
        ("timeout.pelvis", 11.0, "10.0"),
        ("trackers", ["left_hand"], "add 'head'"),
        ("trackers", ["head", "nose"], "left_foot"),
        ("mount.head.xyz", [0.0, 0.1], "three"),
        ("mount.head.rpy", [0.0, math.nan, 0.0], "three"),
        ("mount.head.xyz", [150.0, 0.0, 0.0], "between -10 and 10, in metres"),
        ("mount.pelvis.xyz", [0.0, 0.0, -10.5], "between -10 and 10, in metres"),
        ("mount.head.rpy", [180.0, 0.0, 0.0], "between -6.3 and 6.3, in radians"),
        ("body_id", "my body", "letters"),
    ],
)
def test_errors_name_the_parameter_and_the_fix(name: str, value: object, fix: str) -> None:
    with pytest.raises(KinestError, match=f"'{name}'") as caught:
        NodeParameters.from_values({name: value})
    assert fix in str(caught.value)


def test_mounts_may_be_all_that_the_interface_says() -> None:
    for part in ("xyz", "rpy"):
        limit = float(BY_NAME[f"mount.head.{part}"].constraint.split()[-1])
        values = {f"mount.head.{part}": [limit, -limit, 0.0]}
        mount = NodeParameters.from_values(values).settings.mounts["head"]
        assert tuple(getattr(mount, part)) == (limit, -limit, 0.0)


def test_unknown_names_are_refused_with_the_nearest_one() -> None:
    check_names(["stature", "use_sim_time", "qos_overrides./tf.publisher.depth"])
    with pytest.raises(KinestError, match=r"'statur'.*did you mean 'stature'"):
        check_names(["stature", "statur"])


def test_bodies_have_parameters_of_their_own() -> None:
    values = {"bodies": ["anna", "ben"], "stature": 1.8}
    (anna, hers), (ben, his) = parameters_of_bodies(values, {"ben": {"stature": 1.6}})
    assert (hers.stature, his.stature) == (1.8, 1.6)
    assert (anna.topic("body"), ben.topic("head/pose")) == ("~/anna/body", "~/ben/head/pose")
    assert (hers.body_id, his.body_id) == ("anna", "ben")
    ((only, _),) = parameters_of_bodies({"bodies": [""], "body_id": "bob"}, {})
    assert (only.topic("body"), only.link_prefix) == ("~/body", "bob/")


def test_no_body_reads_the_links_of_another() -> None:
    def known(**ben: object) -> list[frozenset[str]]:
        bodies = parameters_of_bodies({"bodies": ["anna", "ben"]}, {"ben": ben})
        return [parameters.inputs.own_frames for _, parameters in bodies]

    anna, ben = known()
    assert anna == ben and len(anna) == 44
    assert {"anna/head", "ben/head"} <= anna and "head" not in anna
    anna, ben = known(publish_tf=False)  # what is not published can be somebody else's
    assert anna == ben and len(anna) == 22 and "ben/head" not in anna


def test_no_body_saves_its_calibration_over_anothers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def saved_as(calibration: str = "", **own: str) -> tuple[str, ...]:
        values = {"bodies": ["anna", "ben"], "calibration": calibration}
        theirs = {name: {"calibration": file} for name, file in own.items()}
        return tuple(found.saved_as for _, found in parameters_of_bodies(values, theirs))

    assert saved_as() == ("anna", "ben")
    assert saved_as("anna") == saved_as("common") == ("anna", "ben")
    assert saved_as(ben="benjamin") == ("anna", "benjamin")
    assert saved_as("anna", ben="benjamin") == ("anna", "benjamin")
    assert saved_as("common", ben="benjamin") == ("common", "benjamin")
    # The same file, once by its name and once by its path.
    assert saved_as(anna="us", ben=str(tmp_path / "kinest" / "us.yaml")) == ("anna", "ben")
    # Under its id, ben's would be what anna reads.
    assert saved_as(anna="ben") == ("ben", "")
    ((_, only),) = parameters_of_bodies({"bodies": [""], "body_id": "bob"}, {})
    assert only.saved_as == "bob"
    assert NodeParameters.from_values({}).saved_as == "default"
    assert NodeParameters.from_values({"calibration": "eve", "body_id": "b"}).saved_as == "eve"


@pytest.mark.parametrize(
    ("values", "own", "fix"),
    [
        ({"bodies": ["anna", "anna"]}, {}, "a name of its own"),
        ({"bodies": ["1st"]}, {}, "begin with a letter"),
        ({"bodies": ["mount"]}, {}, "name of a parameter"),
        ({"bodies": ["anna"], "body_id": "bob"}, {}, "only one"),
        ({"bodies": ["anna"]}, {"anna": {"stature": 17.0}}, "body 'anna'.*'stature'.*2.5"),
    ],
)
def test_errors_of_several_bodies(values: dict, own: dict, fix: str) -> None:
    with pytest.raises(KinestError, match=fix):
        parameters_of_bodies(values, own)


def test_names_of_one_bodys_parameters() -> None:
    check_all_names(["stature", "anna.stature", "anna.mount.head.xyz"], ("anna",))
    for name, hint in (
        ("ben.stature", "unknown parameter 'ben.stature'"),
        ("anna.statur", "did you mean 'anna.stature'"),
        ("anna.weights", "all parameters but"),
    ):
        with pytest.raises(KinestError, match=hint):
            check_all_names([name], ("anna",))
