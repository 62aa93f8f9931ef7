# SPDX-License-Identifier: Apache-2.0
"""Motion made by rule."""
