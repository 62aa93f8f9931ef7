# SPDX-License-Identifier: Apache-2.0
"""Whole-body motion as files: BVH, glTF and tables beside our AMASS-style clips."""
