# SPDX-License-Identifier: Apache-2.0
"""Truth of another system: its clock and its frame found, then bodies compared with it."""
