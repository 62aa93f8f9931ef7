# SPDX-License-Identifier: Apache-2.0
"""Robot descriptions: reading them, and understanding them from the joint tree alone."""
