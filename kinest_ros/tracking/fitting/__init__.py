# SPDX-License-Identifier: Apache-2.0
"""Places the predicted body on its trackers."""
