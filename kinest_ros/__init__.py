# SPDX-License-Identifier: Apache-2.0
"""Whole-body pose from a headset and two hands, live, for ROS 2."""

from pkgutil import extend_path

# The generated kinest_ros.msg package may be installed in another folder than this code
# (a checkout in front of an installed copy), so both folders make up one package.
__path__ = extend_path(__path__, __name__)

__version__ = "0.1.0"
