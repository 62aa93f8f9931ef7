# SPDX-License-Identifier: Apache-2.0
"""What the diagnostics of a body begin with: told apart also where nodes differ by namespace."""

import pytest

from kinest_ros.node.parameters.body_names import BodyNames


@pytest.mark.parametrize(
    ("node", "body_id", "label"),
    [
        ("/kinest", "", "kinest"),
        ("/kinest", "bob", "kinest bob"),
        ("/robot1/kinest", "", "/robot1/kinest"),
        ("/lab/robot1/kinest", "bob", "/lab/robot1/kinest bob"),
    ],
)
def test_a_node_in_a_namespace_goes_by_its_full_name(node: str, body_id: str, label: str) -> None:
    assert BodyNames(body_id).label(node) == label
