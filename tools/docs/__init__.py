# SPDX-License-Identifier: Apache-2.0
"""Writes the parts of docs/ that follow from the code: the interface page and the pictures."""
