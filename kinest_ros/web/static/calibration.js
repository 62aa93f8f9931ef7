// SPDX-License-Identifier: Apache-2.0
// The calibrate button: a countdown while the wearer takes the pose, and the answer in words.

const COUNT = 6, ANSWER_S = 25, PATIENCE_S = 60;
export const POSE =
  "Stand upright, arms straight out to the sides or straight down, look ahead and hold still.";

export class Calibration {
  constructor(send) {
    this.send = send;
    this.stop();
  }

  stop() {
    this.state = "idle";
    this.text = "";
    this.good = true;
  }

  /** Begin to count, or break off. */
  press(now) {
    if (this.state === "counting") return this.stop();
    if (this.state === "waiting") return;
    this.state = "counting";
    this.until = now + 1000 * COUNT;
  }

  answer(success, text, now) {
    this.state = "answered";
    this.good = success;
    this.text = text;
    this.until = now + 1000 * ANSWER_S;
  }

  /** Let time pass; return the label of the button and what is said. */
  look(now) {
    const left = this.until - now;
    if (this.state === "counting" && left <= 0) {
      this.state = "waiting";
      this.until = now + 1000 * PATIENCE_S;
      this.send();
    } else if (this.state === "waiting" && left <= 0) {
      this.answer(false, "No answer came: is the node running?", now);
    } else if (this.state === "answered" && left <= 0) this.stop();
    if (this.state === "counting") {
      return { label: `Hold still: ${Math.ceil((this.until - now) / 1000)}`, text: POSE, good: true };
    }
    if (this.state === "waiting") return { label: "Calibrating…", text: POSE, good: true };
    return { label: "Calibrate", text: this.text, good: this.good };
  }
}
