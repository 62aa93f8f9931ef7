# SPDX-License-Identifier: Apache-2.0
"""From bodies to messages."""
