# SPDX-License-Identifier: Apache-2.0
"""From tick to tick: jumps, inertialisation, smoothing, foot lock."""
