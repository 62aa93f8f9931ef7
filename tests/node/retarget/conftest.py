# SPDX-License-Identifier: Apache-2.0
"""The private domain of the node's tests."""

from tests.node.conftest import ros_domain

__all__ = ["ros_domain"]
