# SPDX-License-Identifier: Apache-2.0
"""The live ROS 2 front of :class:`kinest_ros.tracking.BodyTracker`.

Only the modules here that build or receive messages import ROS; ``parameters``,
``link_transforms``, ``joint_angles``, ``input_watch`` and ``health`` are plain Python and are
shared with the offline tools.
"""
