# SPDX-License-Identifier: Apache-2.0
"""What the robot is to do in a frame: the human's pose in the robot's proportions."""
