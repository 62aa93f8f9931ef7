# SPDX-License-Identifier: Apache-2.0
"""From samples at any rate to ticks at 60 Hz."""
