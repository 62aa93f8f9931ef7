# SPDX-License-Identifier: Apache-2.0
"""The streaming step as an ONNX graph, and ONNX Runtime."""
