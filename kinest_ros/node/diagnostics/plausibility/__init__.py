# SPDX-License-Identifier: Apache-2.0
"""Poses that are well-formed, move plausibly, and still mean something else than they say."""

from kinest_ros.node.diagnostics.plausibility.watch import PlausibilityWatch

__all__ = ["PlausibilityWatch"]
