# SPDX-License-Identifier: Apache-2.0
"""Training of the networks on AMASS-style motion."""
