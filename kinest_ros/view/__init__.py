# SPDX-License-Identifier: Apache-2.0
"""A page on the desk: bodies in 3D by viser, live or from a bag, and reports as single files."""
