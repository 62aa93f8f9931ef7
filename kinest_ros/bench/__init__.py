# SPDX-License-Identifier: Apache-2.0
"""What `kinest bench` measures: latency, many bodies, long streams, training."""
