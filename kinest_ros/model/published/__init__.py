# SPDX-License-Identifier: Apache-2.0
"""KineST as published, offline."""
