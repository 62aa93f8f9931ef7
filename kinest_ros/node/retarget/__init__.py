# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 node ``kinest_retarget``: bodies in, a robot's joints out."""
