// SPDX-License-Identifier: Apache-2.0
// Vectors of three and matrices of sixteen numbers, by columns as WebGL has them.

export const sub = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const add = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const scaled = (a, s) => [a[0] * s, a[1] * s, a[2] * s];
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a, b) => [
  a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0],
];
export const unit = (a) => scaled(a, 1 / (Math.hypot(...a) || 1));

export function multiply(a, b) {
  const out = new Float32Array(16);
  for (let c = 0; c < 4; c++)
    for (let r = 0; r < 4; r++)
      for (let k = 0; k < 4; k++) out[4 * c + r] += a[4 * k + r] * b[4 * c + k];
  return out;
}

export function perspective(fieldOfView, aspect, near, far) {
  const f = 1 / Math.tan(fieldOfView / 2);
  const out = new Float32Array(16);
  out[0] = f / aspect;
  out[5] = f;
  out[10] = (far + near) / (near - far);
  out[11] = -1;
  out[14] = (2 * far * near) / (near - far);
  return out;
}

export function lookAt(eye, target) {
  const back = unit(sub(eye, target));
  const right = unit(cross([0, 1, 0], back));
  const up = cross(back, right);
  return new Float32Array([
    right[0], up[0], back[0], 0, right[1], up[1], back[1], 0, right[2], up[2], back[2], 0,
    -dot(right, eye), -dot(up, eye), -dot(back, eye), 1,
  ]);
}

export const frameMatrix = (x, y, z, origin) =>
  new Float32Array([...x, 0, ...y, 0, ...z, 0, ...origin, 1]);

/** Return the matrix that puts a box of sides 1 from one point to another. */
export function between(from, to, width) {
  const along = sub(to, from);
  const y = unit(along);
  const x = unit(cross(Math.abs(y[1]) < 0.9 ? [0, 1, 0] : [1, 0, 0], y));
  return frameMatrix(
    scaled(x, width), along, scaled(cross(x, y), width), scaled(add(from, to), 0.5),
  );
}
