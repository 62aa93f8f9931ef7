# SPDX-License-Identifier: Apache-2.0
"""KineST: the published network and its causal, streaming form."""
