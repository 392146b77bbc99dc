/** The shape and the word of each state: never the colour alone. */

import { el } from "../shell/dom.js";
import { SHAPES } from "../map/markers.js";
import { COMING, KINDS } from "./board.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * The shape of a kind, in its colour. It says nothing by itself: the word stands beside it.
 *
 * @param {number} kind of `KINDS`
 * @param {boolean} [stands] whether the car is at the pickup: its arrow stands on a bar
 */
export function shape(kind, stands = false) {
  const name = KINDS[kind];
  const { path, letter } = SHAPES[stands && kind === COMING ? "waiting" : name];
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: `shape shape-${name}`, "aria-hidden": "true" })) svg.setAttribute(key, value);
  const drawn = document.createElementNS(SVG, "path");
  drawn.setAttribute("d", path);
  svg.append(drawn);
  if (letter) {
    const text = document.createElementNS(SVG, "text");
    text.setAttribute("x", "12");
    text.setAttribute("y", "17");
    text.textContent = letter;
    svg.append(text);
  }
  return svg;
}

/** @param {number} kind @param {string} word @param {boolean} [stands] */
export function shapeAndWord(kind, word, stands = false) {
  return el("span", { class: "state" }, shape(kind, stands), word);
}

/** A key that stands on the button or beside the word that it does. @param {string} text */
export function keyCap(text) {
  return el("kbd", { "aria-hidden": "true" }, text);
}
