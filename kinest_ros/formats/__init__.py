# SPDX-License-Identifier: Apache-2.0
"""Other file formats: tracker recordings and whole-body motion, read and written."""
