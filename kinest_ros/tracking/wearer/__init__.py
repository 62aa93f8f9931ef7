# SPDX-License-Identifier: Apache-2.0
"""Who wears the trackers: stature and bones."""
