# SPDX-License-Identifier: Apache-2.0
"""Settings of the property tests here."""

from hypothesis import settings

# Time limits per example fail by chance on a busy machine.
settings.register_profile("tracking", deadline=None)
settings.load_profile("tracking")
