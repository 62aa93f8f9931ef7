// SPDX-License-Identifier: Apache-2.0
// What is seen: a floor, the body as a figure in a mirror, a panel with words, and pointers.
import { PROTOCOL } from "./protocol.js";
import { add, between, cross, dot, frameMatrix, scaled, sub, unit } from "./matrices.js";

// Parents of SMPL's joints, and how thick the bone to each of them is, m.
const PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19];
const THICK = [0, .1, .1, .13, .1, .1, .14, .08, .08, .15, .06, .06, .07, .07, .07, .06, .07, .07, .06, .06, .05, .05];
const HEAD = PROTOCOL.joints.indexOf("head");
const WRISTS = ["left", "right"].map((side) => PROTOCOL.joints.indexOf(`${side}_wrist`));
const FLOOR = floorLines(4);
const ONE = frameMatrix([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]);
const BACKGROUND = [0.07, 0.125, 0.172], GRID = [0.2, 0.32, 0.4], POINTER = [0.9, 0.9, 0.6];
// m: how far in front of the wearer the mirror hangs; where the panel is, and its size.
const MIRROR = 1.1, ASIDE = 0.85, PANEL_HEIGHT = 1.35, PANEL = 0.8;

export class Scene {
  constructor(painter) {
    this.painter = painter;
    this.mirror = null;
    this.joints = null;
    this.confidence = [];
    this.pointers = [];
  }

  /** Hang the mirror in front of somebody: where they are, and which way they look. */
  hangMirror(position, ahead) {
    const normal = unit([ahead[0], 0, ahead[2]]);
    const point = add([position[0], 0, position[2]], scaled(normal, MIRROR));
    this.mirror = { normal, point };
    const right = cross(normal, [0, 1, 0]);
    const centre = add(add(point, scaled(right, ASIDE)), [0, PANEL_HEIGHT, 0]);
    // It faces whom it is for.
    const towards = unit(sub([position[0], PANEL_HEIGHT, position[2]], centre));
    this.panel = { centre, x: cross([0, 1, 0], towards), y: [0, 1, 0], normal: towards };
  }

  setBody({ positions, confidence }) {
    this.joints = [];
    for (let i = 0; i < positions.length; i += 3) this.joints.push(positions.slice(i, i + 3));
    this.confidence = confidence;
  }

  /** Return where (0 to 1, from the left and from the top) a ray meets the panel, or null. */
  hit(origin, direction) {
    if (!this.mirror) return null;
    const { centre, x, y, normal } = this.panel;
    const slope = dot(direction, normal);
    if (slope > -1e-3) return null;
    const way = dot(sub(centre, origin), normal) / slope;
    const offset = sub(add(origin, scaled(direction, way)), centre);
    const at = [0.5 + dot(offset, x) / PANEL, 0.5 - dot(offset, y) / PANEL];
    return way > 0 && at.every((v) => v >= 0 && v <= 1) ? { at, way } : null;
  }

  /** Draw it all for one eye. */
  draw(viewport, view) {
    const painter = this.painter;
    painter.begin(viewport, view);
    painter.drawLines("floor", FLOOR, ONE, GRID);
    if (this.joints) this.#drawBody();
    for (const { from, to } of this.pointers) painter.drawBox(between(from, to, 0.004), POINTER);
    if (this.mirror) {
      const { centre, x, y, normal } = this.panel;
      painter.drawPicture(frameMatrix(scaled(x, PANEL), scaled(y, PANEL), normal, centre));
    }
  }

  clear() {
    this.painter.clear(BACKGROUND);
  }

  #drawBody() {
    const seen = this.joints.map((joint) => this.#mirrored(joint));
    for (let joint = 1; joint < seen.length; joint++) {
      const colour = colourOf(this.confidence[joint]);
      this.painter.drawBox(between(seen[PARENTS[joint]], seen[joint], THICK[joint]), colour);
    }
    const up = unit(sub(seen[HEAD], seen[PARENTS[HEAD]]));
    this.painter.drawBox(
      between(add(seen[HEAD], scaled(up, -0.02)), add(seen[HEAD], scaled(up, 0.2)), 0.16),
      colourOf(this.confidence[HEAD]),
    );
    for (const wrist of WRISTS) {
      const along = unit(sub(seen[wrist], seen[PARENTS[wrist]]));
      this.painter.drawBox(
        between(seen[wrist], add(seen[wrist], scaled(along, 0.14)), 0.07),
        colourOf(this.confidence[wrist]),
      );
    }
  }

  #mirrored(point) {
    if (!this.mirror) return point;
    const { normal, point: on } = this.mirror;
    return sub(point, scaled(normal, 2 * dot(sub(point, on), normal)));
  }
}

/** From orange, where the body is a guess, to blue, where it is known to centimetres. */
function colourOf(confidence) {
  const c = Math.min(Math.max((confidence / 255 - 0.4) / 0.5, 0), 1);
  return [0.95 - 0.6 * c, 0.5 + 0.22 * c, 0.25 + 0.7 * c];
}

function floorLines(half) {
  const points = [];
  for (let i = -half; i <= half; i += 0.5)
    points.push([i, 0, -half], [i, 0, half], [-half, 0, i], [half, 0, i]);
  return points;
}
