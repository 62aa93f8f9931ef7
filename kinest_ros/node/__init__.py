# SPDX-License-Identifier: Apache-2.0
"""The live ROS 2 front of :class:`kinest_ros.tracking.BodyTracker`.

Only modules that build or receive messages import ROS: ``parameters.table``, ``launch_arguments``
and ``diagnostics.health``, for example, are plain Python.
"""
