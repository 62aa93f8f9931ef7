# SPDX-License-Identifier: Apache-2.0
"""The private DDS domain of the node's tests."""

from tests.node.conftest import ros_domain as ros_domain
