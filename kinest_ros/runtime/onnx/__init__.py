# SPDX-License-Identifier: Apache-2.0
"""The streaming step as an ONNX graph, and ONNX Runtime."""

import os

# From 1.29 on, ONNX Runtime for Linux sends its makers what is run, unless this is set before it is
# imported (its docs/Privacy.md). Whoever wants that may set it to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
