# SPDX-License-Identifier: Apache-2.0
"""Files of other trades: recordings of trackers, and whole-body motion, read and written."""
