// SPDX-License-Identifier: Apache-2.0
// The panel in the headset: a few lines of text and a button, painted on a canvas.

const SIZE = 640, BUTTON = { x: 40, y: 500, width: 560, height: 100 };

export class Panel {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.canvas.width = this.canvas.height = SIZE;
    this.painted = "";
  }

  /** Return whether a place (0 to 1, from the left and the top) is on the button. */
  onButton([u, v]) {
    const x = u * SIZE - BUTTON.x, y = v * SIZE - BUTTON.y;
    return x >= 0 && x <= BUTTON.width && y >= 0 && y <= BUTTON.height;
  }

  /** Paint lines and the button's label; return whether anything is new. */
  paint(lines, label, hover) {
    const state = JSON.stringify([lines, label, hover]);
    if (state === this.painted) return false;
    this.painted = state;
    const pen = this.canvas.getContext("2d");
    pen.fillStyle = "#0d161e";
    pen.fillRect(0, 0, SIZE, SIZE);
    pen.strokeStyle = "#2f4a5c";
    pen.lineWidth = 4;
    pen.strokeRect(2, 2, SIZE - 4, SIZE - 4);
    pen.textBaseline = "top";
    let y = 28;
    for (const { text, size = 30, colour = "#dbe7ef" } of lines) {
      pen.font = `${size}px system-ui, sans-serif`;
      pen.fillStyle = colour;
      for (const part of wrapped(pen, text, SIZE - 80)) {
        if (y + size > BUTTON.y) break;
        pen.fillText(part, 40, y);
        y += 1.3 * size;
      }
    }
    pen.fillStyle = hover ? "#36a3e0" : "#1f7db3";
    pen.fillRect(BUTTON.x, BUTTON.y, BUTTON.width, BUTTON.height);
    pen.fillStyle = "#ffffff";
    pen.font = "bold 38px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.fillText(label, SIZE / 2, BUTTON.y + 30);
    pen.textAlign = "left";
    return true;
  }
}

function wrapped(pen, text, width) {
  const parts = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      const longer = line ? `${line} ${word}` : word;
      if (line && pen.measureText(longer).width > width) {
        parts.push(line);
        line = word;
      } else line = longer;
    }
    parts.push(line);
  }
  return parts;
}
