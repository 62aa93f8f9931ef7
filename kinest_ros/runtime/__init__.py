# SPDX-License-Identifier: Apache-2.0
"""Ways to run the streaming step: eager PyTorch, ONNX Runtime, C, a captured CUDA graph."""
