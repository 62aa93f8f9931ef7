# SPDX-License-Identifier: Apache-2.0
"""Who wears the trackers, and how: body size, floor and mounts from a pose held for two seconds."""
