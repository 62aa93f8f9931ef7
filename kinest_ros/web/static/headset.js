// SPDX-License-Identifier: Apache-2.0
// An immersive session: begins, sends what it sees at every frame, and draws.
import { PROTOCOL } from "./protocol.js";
import { nowMs } from "./link.js";
import { add, multiply, scaled } from "./matrices.js";
import { isInHand, posesOf } from "./poses.js";

const BITS = { left: 1, right: 2 };
const POINTER_LENGTH = 0.6;

export class HeadsetSession {
  /** `on` has `frame`, `press(source)` (true if that was all that a trigger was for), `ended`. */
  constructor(gl, scene, link, on) {
    Object.assign(this, { gl, scene, link, on });
    this.session = null;
    this.resets = [];
    this.held = new Map();
  }

  static async available() {
    return (await navigator.xr?.isSessionSupported("immersive-vr").catch(() => false)) ?? false;
  }

  async begin() {
    const session = await navigator.xr.requestSession("immersive-vr", {
      requiredFeatures: ["local-floor"],
      optionalFeatures: ["hand-tracking"],
    });
    await this.gl.makeXRCompatible();
    session.updateRenderState({ baseLayer: new XRWebGLLayer(session, this.gl) });
    this.space = await session.requestReferenceSpace("local-floor");
    this.session = session;
    this.resets = [];
    this.held.clear();
    this.scene.mirror = null;
    this.space.addEventListener("reset", ({ transform }) => this.#onReset(transform));
    session.addEventListener("visibilitychange", () => this.tell());
    session.addEventListener("end", () => this.#onEnd());
    session.addEventListener("selectstart", ({ inputSource }) => this.#onSelect(inputSource));
    session.addEventListener("selectend", ({ inputSource }) => this.held.delete(inputSource));
    session.addEventListener("inputsourceschange", ({ removed }) => {
      for (const source of removed) this.held.delete(source);
    });
    this.tell();
    session.requestAnimationFrame((time, frame) => this.#onFrame(time, frame));
  }

  end() {
    this.session?.end();
  }

  /** Tell the server how the session is: after a change, and when the connection is a new one. */
  tell(again = false) {
    if (!this.session && again) return;
    const state = this.session ? this.session.visibilityState.replace("visible-", "") : "ended";
    this.link.send("SESSION", { state: PROTOCOL.states.indexOf(state), at_ms: nowMs() });
    if (again) for (const reset of this.resets) this.link.send("RESET", reset);
  }

  #onReset(transform) {
    const { position: p, orientation: q } = transform ?? {};
    const reset = {
      known: transform ? 1 : 0,
      position: transform ? [p.x, p.y, p.z] : [0, 0, 0],
      orientation: transform ? [q.x, q.y, q.z, q.w] : [0, 0, 0, 1],
    };
    this.resets.push(reset);
    this.link.send("RESET", reset);
    this.scene.mirror = null; // hung anew, where the wearer now is
  }

  #onEnd() {
    this.session = null;
    this.held.clear();
    this.scene.mirror = null;
    this.scene.pointers = [];
    this.tell();
    this.on.ended();
  }

  #onSelect(source) {
    if (!this.on.press(source) && source.handedness in BITS) this.held.set(source, BITS[source.handedness]);
  }

  #onFrame(time, frame) {
    const session = frame.session;
    session.requestAnimationFrame((next, one) => this.#onFrame(next, one));
    const fields = posesOf(frame, session, this.space);
    let triggers = 0;
    for (const bit of this.held.values()) triggers |= bit;
    this.link.send("POSES", {
      shown_ms: performance.timeOrigin + (frame.predictedDisplayTime ?? time),
      sent_ms: nowMs(),
      triggers,
      ...fields,
    });
    this.on.frame(fields);
    const viewer = frame.getViewerPose(this.space);
    if (viewer) this.#draw(frame, session, viewer);
  }

  #draw(frame, session, viewer) {
    const { gl, scene } = this;
    if (!scene.mirror) {
      const { position: p, matrix: m } = viewer.transform;
      scene.hangMirror([p.x, p.y, p.z], [-m[8], -m[9], -m[10]]);
    }
    this.#point(frame, session);
    const layer = session.renderState.baseLayer;
    gl.bindFramebuffer(gl.FRAMEBUFFER, layer.framebuffer);
    scene.clear();
    for (const view of viewer.views) {
      const seen = multiply(view.projectionMatrix, view.transform.inverse.matrix);
      scene.draw(layer.getViewport(view), seen);
    }
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  #point(frame, session) {
    this.scene.pointers = [];
    this.pointed = new Map();
    for (const source of session.inputSources) {
      const pose = isInHand(source) && frame.getPose(source.targetRaySpace, this.space);
      if (!pose) continue;
      const { position: p, matrix: m } = pose.transform;
      const from = [p.x, p.y, p.z], direction = [-m[8], -m[9], -m[10]];
      const hit = this.scene.hit(from, direction);
      if (hit) this.pointed.set(source, hit.at);
      this.scene.pointers.push({ from, to: add(from, scaled(direction, hit?.way ?? POINTER_LENGTH)) });
    }
  }
}
