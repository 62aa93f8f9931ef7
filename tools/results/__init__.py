# SPDX-License-Identifier: Apache-2.0
"""Trains, evaluates and writes the tables of docs/RESULTS.md."""
