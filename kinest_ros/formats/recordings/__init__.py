# SPDX-License-Identifier: Apache-2.0
"""Tracker recordings of headsets, games and mocap systems, read as tracker frames."""
