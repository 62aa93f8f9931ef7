# SPDX-License-Identifier: Apache-2.0
"""Processes beside the node: record, play, calibrate, measure."""
