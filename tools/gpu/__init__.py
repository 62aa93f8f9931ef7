# SPDX-License-Identifier: Apache-2.0
"""What .ci/gpu.sh runs on a CUDA device; with --device cpu a rehearsal without one."""
