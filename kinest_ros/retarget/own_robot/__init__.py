# SPDX-License-Identifier: Apache-2.0
"""A humanoid of our own, so that first use, demo and tests need no download."""
