# SPDX-License-Identifier: Apache-2.0
"""What headsets, games and mocap systems save of a few trackers, as tracker frames."""
