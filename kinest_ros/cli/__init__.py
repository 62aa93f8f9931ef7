# SPDX-License-Identifier: Apache-2.0
"""The kinest command; every subcommand is a module of its own."""
