# SPDX-License-Identifier: Apache-2.0
"""Messages with tracker poses become tracker frames, without ROS: one decoder per kind of input.

Messages may come from rclpy or from a bag (rosbags): their attributes have the same names. The node
subscribes for a decoder (`kinest_ros.node.inputs.subscriber`), the bag tools read for it
(`kinest_ros.bags.inputs`), and both get the same frames of the same messages.
"""
