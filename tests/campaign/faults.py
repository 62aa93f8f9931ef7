# SPDX-License-Identifier: Apache-2.0
"""The faults that trackers, bridges and people have, each as a change of a stream."""

from tests.campaign import pose_faults, stream_faults  # noqa: F401  they fill it
from tests.campaign.fault_choice import FAULTS

__all__ = ["FAULTS"]
