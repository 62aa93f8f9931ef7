# SPDX-License-Identifier: Apache-2.0
"""Motion clips on disk: reading, labels, splits, corpora."""
