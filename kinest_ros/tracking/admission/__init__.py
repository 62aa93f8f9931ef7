# SPDX-License-Identifier: Apache-2.0
"""What of the trackers is let in: nothing that no worn device measured, nothing out of reach."""
