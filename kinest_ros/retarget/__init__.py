# SPDX-License-Identifier: Apache-2.0
"""Retargeting: human bodies in, the joints of any humanoid out. Needs mujoco and daqp."""
