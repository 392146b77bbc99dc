/** The marks on one map: where each is, what shape it has, how it glides, and who drags it. */

import { glided, GLIDE_MS, jumps, markElement, SHAPES } from "./markers.js";
import { METRES_A_DEGREE, metresBetween, rounded } from "./streets.js";

/** @typedef {import("./streets.js").Spot} Spot */
/** @typedef {import("./markers.js").Kind} Kind */
/** @typedef {import("./markers.js").Mark} Mark */
/** @typedef {{ kind: Kind, mark: Mark, drawn: any, glide: { from: Spot, since: number } | null, dragged: ((spot: Spot) => void) | null }} Placed */

const STEP_M = 20;
const STEPS = /** @type {Record<string, [number, number]>} */ ({ ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] });

export class Marks {
  /** @type {any} the map of MapLibre, once it stands */
  #map = null;
  /** @type {any} the module of MapLibre */
  #gl = null;
  /** @type {Map<string, Placed>} */
  #placed = new Map();
  #frame = 0;
  #calm;
  #dragKeys;

  /** @param {MediaQueryList} calm whether no motion is wanted @param {string} dragKeys tells how keys move a mark that can be dragged */
  constructor(calm, dragKeys) {
    this.#calm = calm;
    this.#dragKeys = dragKeys;
  }

  /** Draws all marks on this map, now and from now on. @param {any} map @param {any} gl */
  attach(map, gl) {
    [this.#map, this.#gl] = [map, gl];
    for (const placed of this.#placed.values()) this.#draw(placed);
  }

  detach() {
    cancelAnimationFrame(this.#frame);
    this.#map = null;
  }

  /** Where a mark is, or glides to. @param {string} name @returns {Spot | undefined} */
  spotOf(name) {
    return this.#placed.get(name)?.mark;
  }

  /** @param {string} name @param {Kind} kind @param {Mark | null} mark */
  place(name, kind, mark) {
    const old = this.#placed.get(name);
    if (old && (!mark || old.kind !== kind)) {
      old.drawn?.remove();
      this.#placed.delete(name);
    }
    if (!mark) return;
    const from = old && this.#where(old);
    const away = from ? metresBetween(from, mark) : 0;
    const glide = from && away > 0 && !jumps(away, this.#calm.matches) ? { from, since: performance.now() } : null;
    const kept = this.#placed.get(name);
    const placed = kept ? Object.assign(kept, { mark, glide }) : { kind, mark, glide, drawn: null, dragged: old?.dragged ?? null };
    this.#placed.set(name, placed);
    this.#draw(placed);
  }

  /** @param {string} name @param {((spot: Spot) => void) | null} dragged */
  drag(name, dragged) {
    const placed = this.#placed.get(name);
    if (!placed) return;
    placed.dragged = dragged;
    this.#draw(placed);
  }

  /** Where a mark is drawn now. @param {Placed} placed @returns {Spot} */
  #where({ mark, glide }) {
    return glide ? glided(glide.from, mark, performance.now() - glide.since) : mark;
  }

  /** @param {Placed} placed */
  #draw(placed) {
    if (!this.#map) return;
    const { kind, mark } = placed;
    const { lat, lon } = this.#where(placed);
    if (!placed.drawn) this.#begin(placed);
    const element = placed.drawn.getElement();
    element.classList.toggle("mark-old", mark.old === true);
    if (SHAPES[kind].turns) placed.drawn.setRotation(mark.heading ?? 0);
    const canMove = placed.dragged !== null;
    placed.drawn.setDraggable(canMove);
    const name = mark.label ?? "";
    if (canMove) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
    if (canMove || name) element.removeAttribute("aria-hidden");
    else element.setAttribute("aria-hidden", "true");
    element.setAttribute("role", canMove ? "button" : "img");
    element.setAttribute("aria-label", canMove ? `${name}. ${this.#dragKeys}` : name);
    if (placed.glide) this.#glide();
    else placed.drawn.setLngLat([lon, lat]);
  }

  /** @param {Placed} placed */
  #begin(placed) {
    const { lat, lon } = placed.mark;
    placed.drawn = new this.#gl.Marker({ element: markElement(placed.kind) }).setLngLat([lon, lat]).addTo(this.#map);
    placed.drawn.on("dragstart", () => { placed.glide = null; });
    placed.drawn.on("dragend", () => this.#put(placed, placed.drawn.getLngLat()));
    placed.drawn.getElement().addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#step(placed, event));
  }

  /** Draws frames as long as a mark glides, and then no more. */
  #glide() {
    if (this.#frame) return;
    const step = () => {
      this.#frame = 0;
      let some = false;
      for (const placed of this.#placed.values()) {
        if (!placed.glide) continue;
        const { lat, lon } = this.#where(placed);
        placed.drawn?.setLngLat([lon, lat]);
        if (performance.now() - placed.glide.since >= GLIDE_MS) placed.glide = null;
        else some = true;
      }
      if (some) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  /** @param {Placed} placed @param {{ lng: number, lat: number }} at */
  #put(placed, { lng, lat }) {
    placed.mark = { ...placed.mark, lat: rounded(lat), lon: rounded(lng) };
    placed.drawn.setLngLat([placed.mark.lon, placed.mark.lat]);
    placed.dragged?.({ lat: placed.mark.lat, lon: placed.mark.lon });
  }

  /** @param {Placed} placed @param {KeyboardEvent} event */
  #step(placed, event) {
    const step = STEPS[event.key];
    if (!step || !placed.dragged) return;
    // The map would move as well.
    event.preventDefault();
    event.stopPropagation();
    const { lat, lon } = placed.mark;
    const degrees = STEP_M / METRES_A_DEGREE;
    placed.glide = null;
    this.#put(placed, { lat: lat + step[0] * degrees, lng: lon + (step[1] * degrees) / Math.cos(lat * (Math.PI / 180)) });
  }
}
