# SPDX-License-Identifier: Apache-2.0
"""From targets to joint positions: Gauss-Newton steps, each one quadratic program."""
