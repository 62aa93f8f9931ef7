# SPDX-License-Identifier: Apache-2.0
"""How well a robot follows: the measures of humanoid retargeting."""
