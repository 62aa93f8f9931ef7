# SPDX-License-Identifier: Apache-2.0
"""Many bags at once: listed as they are found, done by workers, one row of results each."""
