# SPDX-License-Identifier: Apache-2.0
"""The human body: joints, skeletons, rotations and kinematics."""
