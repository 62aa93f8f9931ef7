# SPDX-License-Identifier: Apache-2.0
"""The demonstration: plays a bag through the live node and shows what came out."""
