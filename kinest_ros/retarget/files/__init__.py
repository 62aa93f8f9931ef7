# SPDX-License-Identifier: Apache-2.0
"""Motion of a robot on disk, in the forms that trainers and players read."""
