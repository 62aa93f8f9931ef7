# SPDX-License-Identifier: Apache-2.0
"""State space duality (Mamba-2): one interface, several forms."""
