# SPDX-License-Identifier: Apache-2.0
"""Training kernels for CPUs."""
