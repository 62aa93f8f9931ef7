# SPDX-License-Identifier: Apache-2.0
"""Where tracker poses come from: subscriptions that feed the decoders of `kinest_ros.decoding`.

`registry.create_input` makes the source that the parameter ``input`` names. Importing this package
or the registry needs no ROS; the module of a source is imported when it is selected.
"""
