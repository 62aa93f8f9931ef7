// SPDX-License-Identifier: Apache-2.0
// What a frame of a WebXR session knows of head and hands, as the fields of POSES.
import { PROTOCOL } from "./protocol.js";

const { "": HEADSET, controller: CONTROLLER, hand: HAND } = PROTOCOL.devices;
const NOT_THERE = { device: 0, position: [0, 0, 0], orientation: [0, 0, 0, 1] };

/** Return whether a source of input is a hand, or a controller in one; not a gaze or a screen. */
export const isInHand = (source) =>
  source.handedness !== "none" && (source.hand || source.targetRayMode === "tracked-pointer");

/** Return the fields of POSES of a frame: what is not measured has device 0. */
export function posesOf(frame, session, space) {
  const found = { head: measured(frame.getViewerPose(space), HEADSET) };
  for (const source of session.inputSources) {
    const name = `${source.handedness}_hand`;
    if (!isInHand(source) || found[name]?.device) continue;
    if (source.hand) {
      const wrist = source.hand.get("wrist");
      found[name] = measured(wrist && frame.getJointPose(wrist, space), HAND);
    } else if (source.gripSpace) {
      found[name] = measured(frame.getPose(source.gripSpace, space), CONTROLLER);
    }
  }
  const fields = {};
  for (const name of PROTOCOL.tracked) {
    const { device, position, orientation } = found[name] ?? NOT_THERE;
    fields[`${name}_device`] = device;
    fields[`${name}_position`] = position;
    fields[`${name}_orientation`] = orientation;
  }
  return fields;
}

function measured(pose, device) {
  // An emulated position is a guess: of a headset that sees nothing, or an arm that is modelled.
  if (!pose || pose.emulatedPosition) return NOT_THERE;
  const { position: p, orientation: q } = pose.transform;
  return { device, position: [p.x, p.y, p.z], orientation: [q.x, q.y, q.z, q.w] };
}
