# SPDX-License-Identifier: Apache-2.0
"""Text given to launch becomes parameters, or an error that says what to write."""

import pytest

from kinest_ros.node.launch_arguments import existing, to_parameter, value_of


def test_text_becomes_the_parameters_type() -> None:
    assert to_parameter(float, "1.8") == 1.8
    assert to_parameter(list, "head, left_hand") == ["head", "left_hand"]
    assert to_parameter(list, "[anna,ben]") == ["anna", "ben"]
    assert to_parameter(bool, "True") is True
    with pytest.raises(ValueError, match="neither true nor false"):
        to_parameter(bool, "yes")


def test_an_error_names_the_argument_and_what_to_give(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"stature:=tall: give a number, such as 0\.5"):
        value_of("stature", float, "tall")
    with pytest.raises(ValueError, match=r"bag:=.*none: there is no such file"):
        existing("bag", str(tmp_path / "none"))
