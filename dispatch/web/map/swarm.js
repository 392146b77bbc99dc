/** One layer of the map for thousands of drivers and the pickups that wait: shapes and colours are made by the graphics card. */

import { CHOSEN, MARK, MOST, NUMBERS_A_POINT, POINTS, Points, sizeOf, worldX, worldY, WRITTEN } from "./points.js";

/** @typedef {import("./points.js").Hit} Hit */
/** @typedef {import("./streets.js").Spot} Spot */

const OUTLINE_PX = 1.5;
/** Pickups are put together anew when the zoom has changed by this. */
const ZOOM_STEP = 0.25;
const CELL_PX = 48;
const CELLS_A_ROW = 10;

const VERTEX = `#version 300 es
precision highp float;
uniform mat4 matrix;
uniform float sizes[${POINTS.length}];
uniform float ratio;
in vec4 point;
flat out int kind;
flat out int chosen;
flat out int written;
flat out float half_px;
flat out float whole_px;
flat out float heading;
void main() {
  int code = int(point.z + 0.5);
  kind = code % ${CHOSEN};
  chosen = (code / ${CHOSEN}) % 2;
  written = code / ${WRITTEN};
  heading = point.w;
  half_px = sizes[kind] * ratio / 2.0 * (chosen == 1 ? 1.25 : 1.0);
  whole_px = 2.0 * (half_px + ratio * (chosen == 1 ? 4.0 : ${OUTLINE_PX.toFixed(1)}) + 1.0);
  gl_Position = matrix * vec4(point.xy, 0.0, 1.0);
  gl_PointSize = whole_px;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
uniform vec3 colours[${POINTS.length}];
uniform vec3 surface;
uniform vec3 focus;
uniform float ratio;
uniform sampler2D signs;
flat in int kind;
flat in int chosen;
flat in int written;
flat in float half_px;
flat in float whole_px;
flat in float heading;
out vec4 colour;

float arrow(vec2 p, float r) {
  float c = cos(heading), s = sin(heading);
  vec2 q = vec2(abs(c * p.x + s * p.y), c * p.y - s * p.x) / r;
  float side = dot(q - vec2(0.0, -1.0), vec2(0.932, -0.362));
  float back = dot(q - vec2(0.71, 0.83), vec2(-0.462, 0.887));
  return r * max(side, back);
}

float edge(vec2 p, float r) {
  vec2 a = abs(p);
  if (kind == 0) return max(a.x, a.x * 0.5 + a.y * 0.866) - r * 0.866;
  if (kind == 1) return (a.x + a.y - r) * 0.707;
  if (kind == 2) {
    bool stands = written > 0;
    vec2 q = stands ? p + vec2(0.0, r * 0.25) : p;
    float s = stands ? r * 0.75 : r;
    float car = heading >= 0.0 ? arrow(q, s) : max(max(abs(q.x) * 0.866 + q.y * 0.5, -q.y) - s * 0.5, length(q) - s);
    return stands ? min(car, max(a.x - r * 0.9, abs(p.y - r * 0.84) - r * 0.16)) : car;
  }
  if (kind == 4) return max(a.x, a.y) - r * 0.9;
  return length(p) - r;
}

void main() {
  vec2 p = (gl_PointCoord - 0.5) * whole_px;
  float d = edge(p, half_px);
  float around = chosen == 1 ? 4.0 * ratio : ${OUTLINE_PX.toFixed(1)} * ratio;
  float seen = clamp(around - d + 0.5, 0.0, 1.0);
  if (seen <= 0.0) discard;
  float inside = clamp(0.5 - d, 0.0, 1.0);
  vec3 fill = colours[kind];
  if (kind == 5) fill = mix(fill, surface, clamp(-d - 1.5 * ratio + 0.5, 0.0, 1.0));
  if (written > 0 && kind != 2) {
    vec2 cell = vec2(float(written % ${CELLS_A_ROW}), float(written / ${CELLS_A_ROW}));
    vec2 within = clamp(p / (half_px * 1.5) + 0.5, 0.0, 1.0);
    fill = mix(fill, surface, texture(signs, (cell + within) / ${CELLS_A_ROW.toFixed(1)}).a);
  }
  vec3 rim = chosen == 1 && d > 1.5 * ratio ? focus : surface;
  colour = vec4(mix(rim, fill, inside) * seen, seen);
}`;

/** A layer of MapLibre (`CustomLayerInterface`). `TownMap.swarm` puts it on the map. */
export class Swarm {
  id = "swarm";
  type = /** @type {const} */ ("custom");
  #points;
  /** @type {any} */ #map = null;
  /** @type {WebGL2RenderingContext | null} */ #gl = null;
  /** @type {WebGLProgram | null} */ #program = null;
  /** @type {WebGLBuffer | null} */ #buffer = null;
  /** @type {WebGLVertexArrayObject | null} */ #array = null;
  /** @type {Map<string, WebGLUniformLocation | null>} */ #places = new Map();
  #filledZoom = NaN;
  #isStale = true;
  #colours;

  /** @param {Spot} origin a point of the town @param {(name: string) => string} colourOf a token of the stylesheet */
  constructor(origin, colourOf) {
    this.#points = new Points(origin);
    this.#colours = colourOf;
  }

  /** Shows the fleet as it is now; the arrays are read again with the next frame only if this is called again. @param {import("./points.js").Fleet} fleet */
  show(fleet) {
    this.#points.fleet(fleet);
    this.#changed();
  }

  /** Shows where rides wait. Those that lie on top of one another are one mark with their number. @param {import("./points.js").Pickup[]} pickups */
  pickups(pickups) {
    this.#points.pickups(pickups);
    this.#changed();
  }

  /** Leaves out drivers of these kinds; at first those who are off. @param {Set<number>} kinds */
  hide(kinds) {
    this.#points.hide(kinds);
    this.#changed();
  }

  /** Marks one driver or ride, or none. @param {Hit | null} hit */
  select(hit) {
    this.#points.choose(hit);
    this.#changed();
  }

  /** What is drawn at this place, the nearest first. @param {Spot} spot */
  at({ lat, lon }) {
    return this.#map ? this.#points.at(worldX(lon), worldY(lat), this.#map.getZoom()) : [];
  }

  /** Colours have changed. */
  recolour() {
    this.#paint();
    this.#map?.triggerRepaint();
  }

  #changed() {
    this.#isStale = true;
    this.#map?.triggerRepaint();
  }

  // -- what MapLibre calls

  /** @param {any} map @param {WebGL2RenderingContext} gl */
  onAdd(map, gl) {
    [this.#map, this.#gl] = [map, gl];
    const program = programOf(gl);
    this.#program = program;
    this.#places = new Map(["matrix", "sizes", "ratio", "colours", "surface", "focus", "signs"].map((name) => [name, gl.getUniformLocation(program, name)]));
    this.#buffer = gl.createBuffer();
    this.#array = gl.createVertexArray();
    gl.bindVertexArray(this.#array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    const point = gl.getAttribLocation(program, "point");
    gl.enableVertexAttribArray(point);
    gl.vertexAttribPointer(point, NUMBERS_A_POINT, gl.FLOAT, false, 0, 0);
    gl.bindVertexArray(null);
    this.#signs = signsOf(gl);
    this.#isStale = true;
    this.#paint();
  }

  /** @type {WebGLTexture | null} */ #signs = null;

  onRemove() {
    const gl = this.#gl;
    gl?.deleteProgram(this.#program);
    gl?.deleteBuffer(this.#buffer);
    gl?.deleteVertexArray(this.#array);
    gl?.deleteTexture(this.#signs);
    this.#gl = this.#map = null;
  }

  /** @param {WebGL2RenderingContext} gl @param {{ defaultProjectionData: { mainMatrix: ArrayLike<number> } }} frame */
  render(gl, { defaultProjectionData: { mainMatrix } }) {
    const zoom = this.#map.getZoom();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    if (this.#isStale || Math.abs(zoom - this.#filledZoom) > ZOOM_STEP) {
      this.#points.fill(zoom);
      gl.bufferData(gl.ARRAY_BUFFER, this.#points.numbers.subarray(0, this.#points.count * NUMBERS_A_POINT), gl.DYNAMIC_DRAW);
      [this.#isStale, this.#filledZoom] = [false, zoom];
    }
    if (!this.#points.count) return;
    gl.useProgram(this.#program);
    gl.uniformMatrix4fv(this.#at("matrix"), false, moved(mainMatrix, this.#points.x, this.#points.y));
    gl.uniform1fv(this.#at("sizes"), POINTS.map((_, kind) => sizeOf(kind, zoom)));
    gl.uniform1f(this.#at("ratio"), this.#map.getPixelRatio());
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.#signs);
    gl.uniform1i(this.#at("signs"), 0);
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.STENCIL_TEST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindVertexArray(this.#array);
    gl.drawArrays(gl.POINTS, 0, this.#points.count);
    gl.bindVertexArray(null);
  }

  /** @param {string} name */
  #at(name) {
    return this.#places.get(name) ?? null;
  }

  #paint() {
    const gl = this.#gl;
    if (!gl) return;
    gl.useProgram(this.#program);
    gl.uniform3fv(this.#at("colours"), POINTS.flatMap(({ name }) => rgbOf(this.#colours(`state-${name}`))));
    gl.uniform3fv(this.#at("surface"), rgbOf(this.#colours("surface")));
    gl.uniform3fv(this.#at("focus"), rgbOf(this.#colours("focus")));
  }
}

/**
 * A matrix that takes points from an origin. The sum is made here, in 64 bits: the graphics card has 32.
 *
 * @param {ArrayLike<number>} matrix
 * @param {number} x
 * @param {number} y
 */
function moved(matrix, x, y) {
  const sum = Float64Array.from(matrix);
  for (let row = 0; row < 4; row += 1) sum[12 + row] += sum[row] * x + sum[4 + row] * y;
  return Float32Array.from(sum);
}

/** @param {WebGL2RenderingContext} gl */
function programOf(gl) {
  const program = /** @type {WebGLProgram} */ (gl.createProgram());
  for (const [kind, text] of /** @type {[number, string][]} */ ([[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]])) {
    const shader = /** @type {WebGLShader} */ (gl.createShader(kind));
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`the layer of drivers cannot be made: ${gl.getProgramInfoLog(program)}`);
  return program;
}

/** What is written in points, as a picture of a hundred squares: nothing, an exclamation mark, and counts. @param {WebGL2RenderingContext} gl */
function signsOf(gl) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = CELL_PX * CELLS_A_ROW;
  const draw = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  draw.textAlign = "center";
  draw.textBaseline = "middle";
  for (let sign = MARK; sign <= MOST; sign += 1) {
    const text = sign === MARK ? "!" : sign === MOST ? `${MOST}+` : String(sign);
    draw.font = `700 ${text.length > 2 ? CELL_PX * 0.45 : CELL_PX * 0.7}px sans-serif`;
    draw.fillText(text, ((sign % CELLS_A_ROW) + 0.5) * CELL_PX, (Math.floor(sign / CELLS_A_ROW) + 0.53) * CELL_PX);
  }
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, canvas);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

/** @param {string} colour `#rgb` or `#rrggbb` @returns {number[]} from 0 to 1 */
export function rgbOf(colour) {
  const digits = colour.length === 4 ? [...colour.slice(1)].map((one) => one + one).join("") : colour.slice(1);
  return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16) / 255);
}
