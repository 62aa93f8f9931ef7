// SPDX-License-Identifier: Apache-2.0
// The page: connects, offers the session, and shows the body in the window and in the headset.
import { PROTOCOL } from "./protocol.js";
import { Calibration } from "./calibration.js";
import { HeadsetSession } from "./headset.js";
import { Link, nowMs } from "./link.js";
import { lookAt, multiply, perspective } from "./matrices.js";
import { Painter } from "./painter.js";
import { Panel } from "./panel.js";
import { Scene } from "./scene.js";

const element = (id) => document.getElementById(id);
const canvas = element("view");
const gl = canvas.getContext("webgl2", { xrCompatible: true, antialias: true });
const STATES = ["lost", "held", "extrapolated", "tracked", "not used"];
const FRESH_MS = 500;

let said = "", bad = false;
let status = null, body = null, bodyMs = -Infinity, seen = {};
let supported = false, fatal = false;

function say(text, isBad = false) {
  said = text;
  bad = isBad;
}

const link = new Link({
  body: (name) => { element("whose").textContent = name ? `body ${name}` : ""; },
  open: () => { say(ready()); headset.tell(true); },
  closed: (text) => say(`${text} Trying again…`, true),
  refused: (text) => { fatal = true; say(text, true); },
  STATUS: (message) => { status = message; },
  BODY: (message) => {
    body = message;
    bodyMs = performance.now();
    scene.setBody(message);
  },
  ANSWER: ({ success, text }) => calibration.answer(success === 1, text, performance.now()),
  NOTICE: ({ text }) => { say(text, true); headset.end(); },
});
const scene = new Scene(new Painter(gl));
const panel = new Panel();
const calibration = new Calibration(() => link.send("CALIBRATE", {}));
const headset = new HeadsetSession(gl, scene, link, {
  frame: (fields) => { seen = fields; paintPanel(); },
  press: (source) => {
    const at = headset.pointed?.get(source);
    if (!at || !panel.onButton(at)) return Boolean(at);
    calibration.press(performance.now());
    return true;
  },
  ended: () => { seen = {}; if (!bad) say(ready()); requestAnimationFrame(draw); },
});

const ready = () => supported
  ? "Connected. Put the headset on and enter."
  : "Connected. This browser has no headset: open the page in the headset's browser. Here you see the body.";

function bodyText() {
  if (performance.now() - bodyMs > FRESH_MS) return "no body comes";
  const age = nowMs() - body.at_ms;
  return age < 0 ? `${Math.round(-age)} ms ahead` : `${Math.round(age)} ms old`;
}

function facts() {
  const rows = [["body", bodyText()]];
  if (body) {
    const states = PROTOCOL.slots.map((slot, i) => [slot, body.states[i]]);
    for (const [slot, state] of states)
      if (PROTOCOL.tracked.includes(slot) || state) rows.push([slot.replace("_", " "), deviceText(slot, STATES[state])]);
  }
  if (status) {
    rows.push(["network", `${status.round_trip_ms.toFixed(1)} ms there and back`]);
    rows.push(["clock", `± ${status.uncertainty_ms.toFixed(1)} ms`]);
    if (status.dropped) rows.push(["dropped", `${status.dropped} messages`]);
  }
  return rows;
}

function deviceText(slot, state) {
  const device = seen[`${slot}_device`];
  if (device === PROTOCOL.devices.controller) return `controller, ${state}`;
  return device === PROTOCOL.devices.hand ? `hand, ${state}` : state;
}

function paintPanel() {
  const { label, text, good } = calibration.look(performance.now());
  const lines = [{ text: link.connected ? "kinest" : "kinest: not connected", size: 36, colour: "#6fd0ff" }];
  if (text || bad) lines.push({ text: text || said, size: 26, colour: good && !bad ? "#dbe7ef" : "#ffb3a0" });
  else for (const [name, value] of facts()) lines.push({ text: `${name}: ${value}`, size: 28 });
  const hover = [...(headset.pointed?.values() ?? [])].some((at) => panel.onButton(at));
  if (panel.paint(lines, label, hover)) scene.painter.setPicture(panel.canvas);
}

function showWindow() {
  const { label, text, good } = calibration.look(performance.now());
  const message = element("message");
  message.textContent = text || said;
  message.classList.toggle("bad", text ? !good : bad);
  element("calibrate").textContent = label;
  element("calibrate").disabled = !link.connected;
  element("enter").disabled = !link.connected || !supported || headset.session !== null || fatal;
  element("facts").replaceChildren(...facts().flatMap(([name, value]) => {
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = name;
    dd.textContent = value;
    return [dt, dd];
  }));
}

function draw() {
  if (headset.session) return; // the headset draws
  const centre = body ? body.positions.slice(0, 3) : [0, 1, 0];
  const eye = [centre[0] + 0.9, 1.4, centre[2] - 3.4];
  const view = multiply(
    perspective(0.75, canvas.width / canvas.height, 0.05, 50),
    lookAt(eye, [centre[0], 0.95, centre[2]]),
  );
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  scene.clear();
  scene.draw({ x: 0, y: 0, width: canvas.width, height: canvas.height }, view);
  requestAnimationFrame(draw);
}

element("enter").addEventListener("click", async () => {
  try {
    await headset.begin();
    say("In the headset.");
  } catch (error) {
    say(`The session did not begin: ${error.message}`, true);
  }
});
element("calibrate").addEventListener("click", () => calibration.press(performance.now()));
// Whoever leaves the page wears no headset of ours.
addEventListener("pagehide", () => headset.end());

supported = await HeadsetSession.available();
setInterval(showWindow, 100);
requestAnimationFrame(draw);
await link.open();
