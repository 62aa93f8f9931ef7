# SPDX-License-Identifier: Apache-2.0
"""Colours of a body's parts, the same in all pictures."""

LEFT, RIGHT, MIDDLE = "#1f77b4", "#d9541e", "#333333"
