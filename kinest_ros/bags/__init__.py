# SPDX-License-Identifier: Apache-2.0
"""rosbag2 files without ROS: trackers in, bodies out, through the pure-Python rosbags."""
