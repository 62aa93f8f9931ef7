# SPDX-License-Identifier: Apache-2.0
"""What the node says of its state."""
