# SPDX-License-Identifier: Apache-2.0
"""The body as a robot description: revolute joints, URDF, link transforms, REP-155."""
