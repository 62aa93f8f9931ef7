# SPDX-License-Identifier: Apache-2.0
"""Human motion made from a seed (procedural), taken down (crouch), or read from clips (amass)."""
