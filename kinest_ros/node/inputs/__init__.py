# SPDX-License-Identifier: Apache-2.0
"""Where tracker poses come from: one interface, one module per kind of message.

`registry.create_input` makes the source that the parameter ``input`` names. Importing this package,
the registry or the options needs no ROS; the module of a source is imported when it is selected.
"""
