/** Marks on the map as elements: one shape for each state, so that no state is told by its colour alone. And how a mark glides. */

import { el } from "../shell/dom.js";

/** @typedef {import("./streets.js").Spot} Spot */
/** @typedef {"needs" | "offered" | "coming" | "waiting" | "free" | "trip" | "off" | "pickup" | "dropoff" | "me"} Kind */
/** @typedef {Spot & { heading?: number | null, label?: string, old?: boolean }} Mark `heading` degrees from north, `label` for those who do not see it, `old`: the position is too old to be true */

export const GLIDE_MS = 2_000;
const JUMP_M = 300;

/** Paths in a square of 24, and the pixels that it takes. `turns`: the shape shows a heading. */
export const SHAPES = /** @type {Record<Kind, { path: string, px: number, letter?: string, turns?: boolean }>} */ ({
  needs: { path: "M12 1.5 21 6.75v10.5L12 22.5 3 17.25V6.75Z", px: 34, letter: "!" },
  offered: { path: "M12 1.5 22.5 12 12 22.5 1.5 12Z", px: 22 },
  coming: { path: "M12 1.5 20.5 22 12 17.5 3.5 22Z", px: 28, turns: true },
  waiting: { path: "M12 1 18.5 16 12 12.8 5.5 16ZM2.5 18.5h19v4h-19Z", px: 28 },
  free: { path: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18Z", px: 20 },
  trip: { path: "M4 4h16v16H4Z", px: 20 },
  off: { path: "M12 5a7 7 0 1 0 0 14a7 7 0 1 0 0-14Z", px: 16 },
  pickup: { path: "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20Z", px: 30, letter: "A" },
  dropoff: { path: "M3 3h18v18H3Z", px: 30, letter: "B" },
  me: { path: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16Z", px: 24 },
});

/** The element of a mark. @param {Kind} kind */
export function markElement(kind) {
  const { path, px, letter } = SHAPES[kind];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", width: px, height: px, "aria-hidden": "true" })) svg.setAttribute(name, String(value));
  const shape = document.createElementNS(svg.namespaceURI, "path");
  shape.setAttribute("d", path);
  svg.append(/** @type {SVGElement} */ (shape));
  if (letter) {
    const text = document.createElementNS(svg.namespaceURI, "text");
    text.setAttribute("x", "12");
    text.setAttribute("y", "16.5");
    text.textContent = letter;
    svg.append(/** @type {SVGElement} */ (text));
  }
  return el("div", { class: `mark mark-${kind}`, dir: "ltr" }, svg);
}

/**
 * Where a mark is that glides for so long, in a straight line at one speed.
 *
 * @param {Spot} from
 * @param {Spot} to
 * @param {number} passedMs
 * @returns {Spot}
 */
export function glided(from, to, passedMs) {
  const share = Math.min(1, Math.max(0, passedMs / GLIDE_MS));
  return { lat: from.lat + share * (to.lat - from.lat), lon: from.lon + share * (to.lon - from.lon) };
}

/** Whether a mark jumps this far at once in place of gliding. @param {number} metres @param {boolean} calm no motion is wanted */
export function jumps(metres, calm) {
  return calm || metres > JUMP_M;
}
