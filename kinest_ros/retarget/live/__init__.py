# SPDX-License-Identifier: Apache-2.0
"""Retargeting live: limits, blends, silence and the deadman, free of ROS."""
