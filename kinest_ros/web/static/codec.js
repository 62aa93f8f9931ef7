// SPDX-License-Identifier: Apache-2.0
// Messages to bytes and back, by the table that the server gives.
import { PROTOCOL } from "./protocol.js";

const SIZES = { u8: 1, u32: 4, f32: 4, f64: 8 };
const SET = { u8: "setUint8", u32: "setUint32", f32: "setFloat32", f64: "setFloat64" };
const GET = { u8: "getUint8", u32: "getUint32", f32: "getFloat32", f64: "getFloat64" };
const NAME_OF = new Map(Object.entries(PROTOCOL.messages).map(([name, m]) => [m.code, name]));

/** Return a message's bytes; `values` has every field, lists for those of several numbers. */
export function encode(name, values = {}) {
  const { code, fields } = PROTOCOL.messages[name];
  const size = fields.reduce((sum, [, kind, count]) => sum + SIZES[kind] * count, 1);
  const view = new DataView(new ArrayBuffer(size));
  view.setUint8(0, code);
  let at = 1;
  for (const [field, kind, count] of fields) {
    const value = values[field];
    for (let i = 0; i < count; i++) {
      view[SET[kind]](at, count === 1 ? value : value[i], true);
      at += SIZES[kind];
    }
  }
  return view.buffer;
}

/** Return {name, ...fields} of bytes, or null if the table has no such message. */
export function decode(buffer) {
  const view = new DataView(buffer);
  const name = NAME_OF.get(view.getUint8(0));
  if (name === undefined) return null;
  const message = { name };
  let at = 1;
  for (const [field, kind, count] of PROTOCOL.messages[name].fields) {
    if (kind === "text") {
      message[field] = new TextDecoder().decode(new Uint8Array(buffer, at));
      continue;
    }
    const numbers = [];
    for (let i = 0; i < count; i++, at += SIZES[kind]) numbers.push(view[GET[kind]](at, true));
    message[field] = count === 1 ? numbers[0] : numbers;
  }
  return message;
}
