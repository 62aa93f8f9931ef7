# SPDX-License-Identifier: Apache-2.0
"""How devices report poses: axes and mounts."""
