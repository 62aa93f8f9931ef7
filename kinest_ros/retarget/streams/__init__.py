# SPDX-License-Identifier: Apache-2.0
"""Streams for whole-body controllers that do not speak ROS; off by default."""
