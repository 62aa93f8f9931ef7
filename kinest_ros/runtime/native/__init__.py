# SPDX-License-Identifier: Apache-2.0
"""The step as one compiled call on a CPU thread: its C sources, and the runtime on top of them."""
