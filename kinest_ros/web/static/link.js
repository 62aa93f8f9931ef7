// SPDX-License-Identifier: Apache-2.0
// The connection to the server: a token for a session, the socket, and what keeps it alive.
import { PROTOCOL } from "./protocol.js";
import { decode, encode } from "./codec.js";

// Bytes that may wait to be sent; poses over that are left out: old ones are of no use.
const FULL = 1000;
const FIRST_PAUSE = 500, LONGEST_PAUSE = 5000;

/** Milliseconds since 1970, as finely as the browser tells: the clock that messages are in. */
export const nowMs = () => performance.timeOrigin + performance.now();

export class Link {
  /** `on` has functions by message name, and `open`, `closed(text)` and `refused(text)`. */
  constructor(on) {
    this.on = on;
    this.socket = null;
    this.pause = FIRST_PAUSE;
    this.leftOut = 0;
  }

  get connected() {
    return this.socket !== null && this.socket.readyState === WebSocket.OPEN;
  }

  async open() {
    let answer;
    try {
      answer = await fetch("/session", { method: "POST", body: location.hash.slice(1) });
    } catch {
      return this.#again("The computer does not answer.");
    }
    if (!answer.ok) return this.on.refused(await answer.text());
    const { body } = await answer.json();
    // The token is used up; the address without it can be loaded again.
    history.replaceState(null, "", "/");
    this.on.body(body);
    this.#connect();
  }

  #connect() {
    const socket = new WebSocket(`wss://${location.host}/page/link`, PROTOCOL.subprotocol);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.socket = socket;
      this.pause = FIRST_PAUSE;
      this.on.open();
    };
    socket.onmessage = ({ data }) => {
      const received_ms = nowMs();
      const message = decode(data);
      if (message === null) return;
      if (message.name === "PING") this.send("PONG", { id: message.id, received_ms, sent_ms: nowMs() });
      else this.on[message.name]?.(message);
    };
    socket.onclose = ({ reason }) => {
      if (this.socket === socket) this.socket = null;
      this.#again(reason ? `Disconnected: ${reason}.` : "Disconnected.");
    };
  }

  #again(text) {
    this.on.closed(text);
    setTimeout(() => this.open(), this.pause);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
  }

  send(name, values) {
    if (!this.connected) return;
    if (name === "POSES" && this.socket.bufferedAmount > FULL) {
      this.leftOut += 1;
      return;
    }
    this.socket.send(encode(name, values));
  }
}
