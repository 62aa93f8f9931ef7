// SPDX-License-Identifier: Apache-2.0
// A Quest that IWER emulates, and what tests do with it.
globalThis.device = new IWER.XRDevice(IWER.metaQuest3);
device.installRuntime({ forceInstall: true });
device.position.set(0, 1.6, 0);

// IWER calls each position emulated, which means that a headset guesses.
globalThis.guessing = false;
Object.defineProperty(XRPose.prototype, "emulatedPosition", { get: () => guessing });

function place(thing, [x, y, z, qx, qy, qz, qw]) {
  thing.position.set(x, y, z);
  thing.quaternion.set(qx, qy, qz, qw);
}

globalThis.placeAll = (head, left, right) => {
  place(device, head);
  for (const kind of [device.controllers, device.hands]) {
    place(kind.left, left);
    place(kind.right, right);
  }
};

// Real devices have noise; what repeats to the last bit is taken for a stream that froze.
let breath = 0;
setInterval(() => {
  const step = 1e-4 * Math.cos((breath += 0.7));
  for (const thing of [device, ...[device.controllers, device.hands].flatMap((k) => [k.left, k.right])])
    thing.position.y += step;
}, 20);

/** Play rows of [ms, head, left, right] at their own pace. */
globalThis.play = (rows) => new Promise((resolve) => {
  const start = performance.now();
  let next = 0;
  const timer = setInterval(() => {
    const passed = performance.now() - start;
    while (next < rows.length && rows[next][0] <= passed) next += 1;
    placeAll(...rows[Math.max(next - 1, 0)].slice(1));
    if (next >= rows.length) {
      clearInterval(timer);
      resolve();
    }
  }, 5);
});

// The space that the page asked for, to recentre it as headsets do that tell how.
const request = XRSession.prototype.requestReferenceSpace;
XRSession.prototype.requestReferenceSpace = async function (kind) {
  const space = await request.call(this, kind);
  if (kind === "local-floor") globalThis.pageSpace = space;
  return space;
};

/** Turn and move the origin to a place in the old space; everybody stays where they are. */
globalThis.recentre = (x, z, yaw) => {
  const half = yaw / 2;
  const q = { x: 0, y: Math.sin(half), z: 0, w: Math.cos(half) };
  const event = new Event("reset");
  event.transform = new XRRigidTransform({ x, y: 0, z, w: 1 }, q);
  pageSpace.dispatchEvent(event);
  const cos = Math.cos(-yaw), sin = Math.sin(-yaw);
  const moved = (thing) => {
    const { x: px, y: py, z: pz } = thing.position;
    const dx = px - x, dz = pz - z;
    thing.position.set(cos * dx + sin * dz, py, -sin * dx + cos * dz);
    const { x: ax, y: ay, z: az, w: aw } = thing.quaternion;
    const [bx, by, bz, bw] = [0, Math.sin(-half), 0, Math.cos(-half)];
    thing.quaternion.set(
      bw * ax + bx * aw + by * az - bz * ay, bw * ay - bx * az + by * aw + bz * ax,
      bw * az + bx * ay - by * ax + bz * aw, bw * aw - bx * ax - by * ay - bz * az,
    );
  };
  [device, device.controllers.left, device.controllers.right, device.hands.left, device.hands.right]
    .forEach(moved);
};
