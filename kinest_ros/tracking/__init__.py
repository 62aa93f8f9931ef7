# SPDX-License-Identifier: Apache-2.0
"""From poses of tracked devices to whole bodies, free of ROS."""
