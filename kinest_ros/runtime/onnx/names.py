# SPDX-License-Identifier: Apache-2.0
"""Names and widths of a step's outputs, known without onnx being installed."""

from kinest_ros.body.joints import NUM_JOINTS

#: Written into the model's metadata.
FORMAT = "kinest_ros/step/1"
#: Name of the free leading size of all inputs and outputs.
BATCH = "bodies"
#: Outputs beside the state, with their widths; see NetworkOutput.
OUTPUTS = {"rotations_6d": NUM_JOINTS * 6, "contact_logits": 2, "log_variance": NUM_JOINTS}
