# SPDX-License-Identifier: Apache-2.0
"""Accuracy: the metrics of the field, and how they are measured."""
