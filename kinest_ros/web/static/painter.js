// SPDX-License-Identifier: Apache-2.0
// Draws lit boxes, lines and a picture, and nothing else, by WebGL 2.

const SOLID = [
  `#version 300 es
  in vec3 position, normal; uniform mat4 view, model; out vec3 n;
  void main() { n = mat3(model) * normal; gl_Position = view * model * vec4(position, 1.0); }`,
  `#version 300 es
  precision mediump float; in vec3 n; uniform vec4 colour; uniform float lit; out vec4 o;
  void main() {
    float light = 0.45 + 0.55 * max(0.0, dot(normalize(n), normalize(vec3(0.4, 0.8, 0.45))));
    o = vec4(colour.rgb * mix(1.0, light, lit), colour.a);
  }`,
];
const PICTURE = [
  `#version 300 es
  in vec3 position; in vec3 normal; uniform mat4 view, model; out vec2 at;
  void main() { at = vec2(position.x + 0.5, 0.5 - position.y);
    gl_Position = view * model * vec4(position, 1.0); }`,
  `#version 300 es
  precision mediump float; in vec2 at; uniform sampler2D picture; out vec4 o;
  void main() { o = texture(picture, at); }`,
];

export class Painter {
  constructor(gl) {
    this.gl = gl;
    this.solid = program(gl, ...SOLID);
    this.picture = program(gl, ...PICTURE);
    this.box = mesh(gl, boxVertices());
    this.quad = mesh(gl, quadVertices());
    this.texture = gl.createTexture();
    this.lines = new Map();
  }

  /** Begin a view of the scene in a rectangle of the bound framebuffer. */
  begin({ x, y, width, height }, view) {
    const gl = this.gl;
    gl.viewport(x, y, width, height);
    gl.enable(gl.DEPTH_TEST);
    this.view = view;
  }

  clear(colour) {
    const gl = this.gl;
    gl.clearColor(...colour, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
  }

  drawBox(model, colour) {
    this.#solid(this.box, model, colour, 1, this.gl.TRIANGLES);
  }

  /** Draw lines that stay as they are, by a name that they are kept under. */
  drawLines(name, points, model, colour) {
    if (!this.lines.has(name)) {
      const flat = points.flatMap((point) => [...point, 0, 1, 0]);
      this.lines.set(name, mesh(this.gl, new Float32Array(flat)));
    }
    this.#solid(this.lines.get(name), model, colour, 0, this.gl.LINES);
  }

  setPicture(canvas) {
    const gl = this.gl;
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, canvas);
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  }

  drawPicture(model) {
    const gl = this.gl;
    gl.useProgram(this.picture.program);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    this.#draw(this.picture, this.quad, model, gl.TRIANGLES);
  }

  #solid(shape, model, colour, lit, mode) {
    const gl = this.gl;
    gl.useProgram(this.solid.program);
    gl.uniform4f(this.solid.at("colour"), ...colour, 1);
    gl.uniform1f(this.solid.at("lit"), lit);
    this.#draw(this.solid, shape, model, mode);
  }

  #draw(prepared, shape, model, mode) {
    const gl = this.gl;
    gl.uniformMatrix4fv(prepared.at("view"), false, this.view);
    gl.uniformMatrix4fv(prepared.at("model"), false, model);
    gl.bindVertexArray(shape.array);
    gl.drawArrays(mode, 0, shape.count);
    gl.bindVertexArray(null);
  }
}

function program(gl, ...sources) {
  const made = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, sources[0]], [gl.FRAGMENT_SHADER, sources[1]]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.bindAttribLocation(made, 0, "position");
  gl.bindAttribLocation(made, 1, "normal");
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made));
  const places = new Map();
  const at = (name) => {
    if (!places.has(name)) places.set(name, gl.getUniformLocation(made, name));
    return places.get(name);
  };
  return { program: made, at };
}

function mesh(gl, vertices) {
  const array = gl.createVertexArray();
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, vertices, gl.STATIC_DRAW);
  for (const place of [0, 1]) {
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, 3, gl.FLOAT, false, 24, 12 * place);
  }
  gl.bindVertexArray(null);
  return { array, count: vertices.length / 6 };
}

const CORNERS = [[-1, -1], [1, -1], [1, 1], [-1, -1], [1, 1], [-1, 1]];

function boxVertices() {
  const flat = [];
  for (let axis = 0; axis < 3; axis++)
    for (const side of [-1, 1])
      for (const [u, v] of CORNERS) {
        const point = [0, 0, 0], normal = [0, 0, 0];
        point[axis] = 0.5 * side;
        point[(axis + 1) % 3] = 0.5 * u;
        point[(axis + 2) % 3] = 0.5 * v;
        normal[axis] = side;
        flat.push(...point, ...normal);
      }
  return new Float32Array(flat);
}

const quadVertices = () =>
  new Float32Array(CORNERS.flatMap(([u, v]) => [0.5 * u, 0.5 * v, 0, 0, 0, 1]));
