# SPDX-License-Identifier: Apache-2.0
"""Robot descriptions: reading them, and analysing their joint trees."""
