# SPDX-License-Identifier: Apache-2.0
"""Errors that a user can act upon."""


class KinestError(Exception):
    """A mistake in the input, with the name of what is wrong and the fix in its message."""
